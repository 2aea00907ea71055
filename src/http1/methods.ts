// What is known of a method by its name alone.

/** IANA's registry of HTTP methods: those that are idempotent (RFC 9110, RFC 7237, QUERY). */
const IDEMPOTENT: ReadonlySet<string> = new Set([
  ...["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE", "QUERY"],
  ...["ACL", "BASELINE-CONTROL", "BIND", "CHECKIN", "CHECKOUT", "COPY", "LABEL", "LINK", "MERGE"],
  ...["MKACTIVITY", "MKCALENDAR", "MKCOL", "MKREDIRECTREF", "MKWORKSPACE", "MOVE", "ORDERPATCH"],
  ...["PRI", "PROPFIND", "PROPPATCH", "REBIND", "REPORT", "SEARCH", "UNBIND", "UNCHECKOUT"],
  ...["UNLINK", "UNLOCK", "UPDATE", "UPDATEREDIRECTREF", "VERSION-CONTROL"],
]);

/** Whether a request that happens twice has happened once: RFC 9110 section 9.2.2. */
export const isIdempotent = (method: string): boolean => IDEMPOTENT.has(method);
