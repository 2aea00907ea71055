// The URLs that scripts fetch: parsed, checked, and taken apart. Nobody changes one, so that a
// script that fetches the same again and again has it parsed once.

import { LIMITS } from "../base/limits.ts";
import { isHost } from "../wire/host.ts";
import { FETCH_LIMITS } from "./limits.ts";
import { FetchRefusal, shown } from "./refusal.ts";

export interface FetchUrl {
  /** Without its fragment, … */
  readonly page: string;
  /** … which begins with `#`, if it has one. */
  readonly hash: string;
  readonly origin: string;
  readonly protocol: string;
  readonly host: string;
  readonly hostname: string;
  readonly port: string;
  readonly pathname: string;
  /** Of its request. */
  readonly target: string;
}

/** Of a URL or of a redirect, which keeps the fragment. Throws FetchRefusal. */
export function checkedUrl(text: string, base?: FetchUrl): FetchUrl {
  const url = text.length <= FETCH_LIMITS.urlChars ? URL.parse(text, base?.page) : null;
  if (url === null) throw new FetchRefusal(`fetch: expected an absolute URL, got ${shown(text)}`);
  const { protocol, host, hostname, port, pathname, hash, href } = url;
  if (protocol !== "http:" && protocol !== "https:") {
    throw new FetchRefusal(`fetch: expected http or https, got ${shown(protocol)}`);
  }
  if (url.username !== "" || url.password !== "") {
    throw new FetchRefusal("fetch: the URL holds a user name or a password");
  }
  if (!isHost(host)) throw new FetchRefusal(`fetch: ${shown(host)} is no host`);
  const target = pathname + url.search;
  if (target.length > LIMITS.scriptTargetBytes) {
    throw new FetchRefusal(`fetch: a path of over ${LIMITS.scriptTargetBytes} characters`);
  }
  const at = href.indexOf("#"); // an empty fragment has one too
  const page = at === -1 ? href : href.slice(0, at);
  const origin = `${protocol}//${host}`;
  const own = { page, hash: hash === "" ? (base?.hash ?? "") : hash, origin };
  return { ...own, protocol, host, hostname, port, pathname, target };
}

interface Known {
  readonly text: string;
  readonly url: FetchUrl;
}

/** The last URLs of a tenant's scripts: each in a place of its own, until another takes that. */
export class KnownUrls {
  readonly #places: (Known | undefined)[] = [];

  /** Of an absolute URL. Throws FetchRefusal. */
  of(text: string): FetchUrl {
    const place = placeOf(text);
    const known = this.#places[place];
    if (known?.text === text) return known.url;
    const url = checkedUrl(text);
    if (text.length <= FETCH_LIMITS.keptUrlChars) this.#places[place] = { text, url };
    return url;
  }
}

/** By its length and some of its last characters, in which URLs of one origin differ. */
function placeOf(text: string): number {
  const { length } = text;
  let place = length;
  for (let i = Math.max(0, length - 4); i < length; i++) place = place * 31 + text.charCodeAt(i);
  return place % FETCH_LIMITS.keptUrls;
}
