// The URL parser of scripts' isolates: Node's own, which passes the tests of the URL standard,
// asked with text and answering with text. What comes in is from a script. Nobody can end the
// parser once it has begun, so what it is given has bounds; it takes some milliseconds at most.

import { URL_CHARS_MAX } from "../wire/url.ts";

/**
 * The serialised URL; "": there is none.
 * @param base  left out: none
 */
export function parseUrl(url: unknown, base: unknown): string {
  if (typeof url !== "string" || isTooMuch(url) || hasCostlyHost(url)) return "";
  if (base === undefined) return URL.parse(url)?.href ?? "";
  if (typeof base !== "string" || isTooMuch(base) || hasCostlyHost(base)) return "";
  return URL.parse(url, base)?.href ?? "";
}

/** The serialised URL with one part set, as the setter of that name does it; "": it is too long. */
export function changeUrl(href: unknown, part: unknown, value: unknown): string {
  if (typeof href !== "string" || typeof part !== "string" || typeof value !== "string") return "";
  const url = SETTABLE.has(part) && !isTooMuch(value) ? URL.parse(href) : null;
  if (url === null) return "";
  if ((part === "host" || part === "hostname") && isCostly(cutHost(value))) return href;
  Reflect.set(url, part, value);
  return isTooMuch(url.href) ? "" : url.href;
}

const SETTABLE: ReadonlySet<string> = new Set([
  ...["protocol", "username", "password", "host", "hostname", "port"],
  ...["pathname", "search", "hash"],
]);

const isTooMuch = (text: string): boolean => text.length > URL_CHARS_MAX;

/** A name of the Internet has 253. Time grows with the square: 4,000 take 30 ms. */
const UNICODE_HOST_CHARS_MAX = 1_024;
const UNICODE = /[^\0-\x7f]|%|xn--/i;
const isCostly = (host: string): boolean =>
  host.length > UNICODE_HOST_CHARS_MAX && UNICODE.test(host);

/** Where a name may stand that becomes ASCII: those of other schemes stay as they are. */
const AUTHORITY = /^[\0-\x20]*(?:(?:https?|wss?|ftp|file):[/\\]*|[/\\]{2,})/i;

function hasCostlyHost(url: string): boolean {
  if (url.length <= UNICODE_HOST_CHARS_MAX) return false;
  const text = url.replace(/[\t\n\r]+/g, "");
  const start = AUTHORITY.exec(text);
  return start !== null && isCostly(cutHost(text.slice(start[0].length)));
}

const cutHost = (text: string): string => text.slice(0, Math.max(0, text.search(/[/\\?#]|$/)));
