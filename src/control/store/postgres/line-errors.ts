// Which errors are of the line to PostgreSQL: it broke, nobody answers at the other end, or not
// somebody who is believed. Whatever else is thrown while a change is made is no sign of that.

/** What the operating system and Node say of sockets, names and certificates has a code. */
const CODES = [
  /^E(?:CONN|HOST|NET|NOTCONN|NOTFOUND|AI_|ADDRNOTAVAIL|PIPE|PROTO|TIMEDOUT)/,
  /^ERR_(?:STREAM|SOCKET|TLS|SSL)_/,
  /^(?:CERT|CRL|UNABLE_TO|SELF_SIGNED|DEPTH_ZERO|HOSTNAME|PATH_LENGTH)_/,
  /^(?:ERROR_IN_C|INVALID_(?:CA|NON_CA|PURPOSE)$)/,
];

/** Whatever the code: a process may have no descriptor left. */
const CALLS: ReadonlySet<string> = new Set(["connect", "getaddrinfo"]);

/** What the library says has words alone. */
const WORDS = [
  /^timeout expired$|^Query read timeout$/,
  /^Connection terminated( unexpectedly| due to connection timeout)?$/,
  /^Client (was closed|has encountered a connection error) and is not queryable$/,
  /^Cannot use a pool after calling end on the pool$/,
  /^The server does not support SSL connections$/,
  /^There was an error establishing an SSL connection$/,
  /^Received unexpected \w+ message from backend\.$|^Unknown authenticationOk message type /,
];

export function isOfLine(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (error instanceof AggregateError) return error.errors.some(isOfLine);
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  if (code === "") return WORDS.some((words) => words.test(error.message));
  const isCall = "syscall" in error && CALLS.has(String(error.syscall));
  return isCall || CODES.some((codes) => codes.test(code));
}
