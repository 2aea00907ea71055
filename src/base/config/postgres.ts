// The address of a PostgreSQL, written as libpq's users write it:
//
//   postgres://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=verify-full&sslrootcert=ca.pem
//   postgres:///DATABASE?host=/run/postgresql&user=USER
//
// What would be silently weaker than it looks is refused: of `allow` and `prefer` nobody knows
// whether they encrypt. Without `sslmode` it is verify-full, but on this machine.

import { isIP } from "node:net";
import { resolve } from "node:path";

/** As of libpq: `require` encrypts and believes anybody, `verify-full` checks the name too. */
const MODES = ["disable", "require", "verify-ca", "verify-full"] as const;
export type SslMode = (typeof MODES)[number];

export interface PostgresAddress {
  /** A name, an address, or the folder of a socket. */
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  /** Null: that of $PGPASSWORD or of ~/.pgpass, or none. */
  readonly password: string | null;
  readonly sslMode: SslMode;
  /** Paths of PEM files. */
  readonly ssl: {
    readonly ca: string | null;
    readonly cert: string | null;
    readonly key: string | null;
  };
  /** Without the password. */
  readonly shown: string;
}

const KNOWN = ["host", "port", "user", "password", "dbname", "sslmode", "sslrootcert", "sslcert"];
const PARAMETERS: ReadonlySet<string> = new Set([...KNOWN, "sslkey"]);
const PORT = 5432;
const PORT_MAX = 65_535;

/** Null: it is none. @param folder  what paths in it are relative to */
export function parsePostgres(text: string, folder = "."): PostgresAddress | null {
  const url = urlOf(text);
  if (url === null) return null;
  const given = url.searchParams;
  if ([...given.keys()].some((key) => !PARAMETERS.has(key))) return null;
  const host = given.get("host") ?? decoded(url.hostname).replace(/^\[(.+)\]$/, "$1");
  const port = Number(given.get("port") ?? (url.port || PORT));
  const database = given.get("dbname") ?? decoded(url.pathname.slice(1));
  const user = given.get("user") ?? decoded(url.username);
  const password = given.get("password") ?? decoded(url.password);
  const sslMode = MODES.find((mode) => mode === (given.get("sslmode") ?? usual(host)));
  const isPort = Number.isInteger(port) && port >= 1 && port <= PORT_MAX;
  if ([host, database, user].includes("") || !isPort || sslMode === undefined) return null;
  const pathOf = (key: string): string | null => {
    const path = given.get(key);
    return path === null || path === "system" ? null : resolve(folder, path);
  };
  return {
    ...{ host, port, database, user, password: password === "" ? null : password, sslMode },
    ssl: { ca: pathOf("sslrootcert"), cert: pathOf("sslcert"), key: pathOf("sslkey") },
    shown: `postgres://${user}@${isIP(host) === 6 ? `[${host}]` : host}:${port}/${database}`,
  };
}

function urlOf(text: string): URL | null {
  if (!/^postgres(?:ql)?:\/\//.test(text)) return null;
  // a host may be left out, which a URL with a user does not allow
  return URL.parse(text.replace(/^postgresql:/, "postgres:").replace("@/", "@%20/"));
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text).trim();
  } catch {
    return "";
  }
}

const usual = (host: string): SslMode =>
  host.startsWith("/") || /^(?:localhost|127\.[0-9.]+|::1)$/.test(host) ? "disable" : "verify-full";
