// URLs are parsed by the host, with Node's parser (src/sandbox/host-url.ts): text goes there, and
// the serialised URL comes back, which says all that there is to say of it.

import { stringSlice, stringToWellFormed } from "../primordials.ts";

/** Take and return primitives. */
export interface HostUrls {
  /** The serialised URL; "": there is none. */
  readonly parseUrl: (url: string, base?: string) => string;
  /** The URL with one part set; "": it would be too long. */
  readonly changeUrl: (href: string, part: string, value: string) => string;
}

let host: HostUrls | null = null;

export function useHostUrls(urls: HostUrls): void {
  host = urls;
}

/** Null: it is no URL. */
export function tryUrl(url: unknown, base?: unknown): string | null {
  if (host === null) throw new TypeError("Cannot parse a URL: the script must name URL");
  const text = stringToWellFormed(`${url}`);
  const found = host.parseUrl(text, base === undefined ? base : stringToWellFormed(`${base}`));
  return found === "" ? null : found;
}

/** Serialised. Throws a TypeError. */
export function parseUrl(url: unknown, base?: unknown): string {
  const text = `${url}`;
  const href = tryUrl(text, base);
  if (href !== null) return href;
  throw new TypeError(`Invalid URL: ${stringSlice(text, 0, SHOWN_CHARS)}`);
}

const SHOWN_CHARS = 256;

/** As the setter of that name does it, which leaves as it is what it cannot make anything of. */
export function changeUrl(href: string, part: string, value: unknown): string {
  const changed = host?.changeUrl(href, part, stringToWellFormed(`${value}`)) ?? "";
  if (changed !== "") return changed;
  throw new TypeError(`Cannot set the ${part} of a URL: it would be too long`);
}
