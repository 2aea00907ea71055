// Reads a Connection field: whether the connection stays, whether an Upgrade counts, and which
// other fields belong to this connection only (RFC 9110 section 7.6.1).

import { valueAt } from "../wire/headers.ts";

export interface ConnectionOptions {
  readonly close: boolean;
  readonly keepAlive: boolean;
  readonly upgrade: boolean;
  /** Lower-case names to be dropped with it; null: none. */
  readonly nominated: ReadonlySet<string> | null;
}

/**
 * Fields that are meant for the far end whatever Connection says. Without this list a client could
 * have a proxy between us and it, or us, take away what authenticates, frames or routes its
 * request.
 */
const NEVER_NOMINATED: ReadonlySet<string> = new Set([
  ...["host", "content-length", "content-type", "content-encoding", "content-range"],
  ...["authorization", "cookie", "set-cookie", "www-authenticate", "origin", "date", "location"],
  ...["range", "if-match", "if-none-match", "if-range", "if-modified-since"],
  ...["if-unmodified-since", "cache-control", "pragma", "vary", "etag", "expires", "age"],
  ...["strict-transport-security", "content-security-policy", "x-frame-options"],
]);

/** Options of the connection itself, and fields that never reach the block anyway. */
const NO_FIELD_TO_DROP: ReadonlySet<string> = new Set([
  ...["close", "keep-alive", "upgrade", "te", "transfer-encoding", "connection"],
  ...["proxy-connection", "http2-settings", "proxy-authenticate", "proxy-authorization"],
]);

// What nearly every message says, read once.
const NOTHING: ConnectionOptions = options([]);
const KEEP_ALIVE: ConnectionOptions = options(["keep-alive"]);
const CLOSE: ConnectionOptions = options(["close"]);

export function readConnection(value: string | null): ConnectionOptions {
  if (value === null) return NOTHING;
  if (value === "keep-alive" || value === "Keep-Alive") return KEEP_ALIVE;
  if (value === "close") return CLOSE;
  return options(value.toLowerCase().split(","));
}

function options(list: readonly string[]): ConnectionOptions {
  const words = new Set(list.map((word) => valueAt(word, 0)));
  const nominated = new Set<string>();
  for (const word of words) {
    if (word === "" || NO_FIELD_TO_DROP.has(word) || NEVER_NOMINATED.has(word)) continue;
    nominated.add(word);
  }
  return {
    close: words.has("close"),
    keepAlive: words.has("keep-alive"),
    upgrade: words.has("upgrade"),
    nominated: nominated.size === 0 ? null : nominated,
  };
}

/** How long a peer keeps an idle connection, in ms: of `timeout=5, max=100`; -1: unsaid. */
export function idleTimeIn(keepAliveTerms: string): number {
  const seconds = TIMEOUT.exec(keepAliveTerms)?.[1];
  return seconds === undefined ? -1 : Number(seconds) * 1_000;
}

const TIMEOUT = /(?:^|[,;])[ \t]*timeout[ \t]*=[ \t]*"?(\d{1,9})/i;

/**
 * Upgrade in lower case; empty if it is not a list of protocols: ignoring one is always allowed.
 */
export function readUpgrade(value: string | null): string {
  return value !== null && PROTOCOLS.test(value) ? value.toLowerCase() : "";
}

/** `websocket`, `h2c`, `foo/2`, and lists of them. */
const PROTOCOLS = /^[!#$%&'*+\-.^_`|~0-9A-Za-z/]+(?:[ \t]*,[ \t]*[!#$%&'*+\-.^_`|~0-9A-Za-z/]+)*$/;
