// URL of the URL standard over its own text: the host parses (parse-url.ts), and each part is cut
// from what it has serialised when somebody looks at it.
//
//     https://user:pw@example.com:8080/path?query#hash
//     ^     ^ ^       ^          ^   ^    ^      ^
//     scheme  user    host       port path search hash

import { stringCharCodeAt, stringIndexOf, stringSlice } from "../primordials.ts";
import { changeUrl, parseUrl, tryUrl } from "../shared.ts";
import { ownedBy, refill, type URLSearchParams } from "./url-search-params.ts";

/** Where the parts of a serialised URL begin and end. */
interface Cuts {
  /** Behind the colon. */
  readonly scheme: number;
  readonly user: number;
  /** Behind `@`, if there is one. */
  readonly host: number;
  readonly port: number;
  readonly path: number;
  readonly search: number;
  readonly hash: number;
}

export class URL {
  #href: string;
  #cuts: Cuts | null = null;
  #params: URLSearchParams | null = null;

  constructor(url: string | URL, base: string | URL | undefined = undefined) {
    this.#href = parseUrl(url, base);
  }

  static canParse(url: string | URL, base: string | URL | undefined = undefined): boolean {
    return tryUrl(url, base) !== null;
  }

  static parse(url: string | URL, base: string | URL | undefined = undefined): URL | null {
    const href = tryUrl(url, base);
    return href === null ? null : new URL(href);
  }

  get href(): string {
    return this.#href;
  }

  set href(value: string) {
    this.#become(parseUrl(value));
  }

  get origin(): string {
    const { scheme, host, path } = this.#parts();
    const protocol = stringSlice(this.#href, 0, scheme);
    if (isTuple(protocol)) return `${protocol}//${stringSlice(this.#href, host, path)}`;
    const inner = protocol === "blob:" ? tryUrl(this.pathname) : null;
    if (inner === null || !isWeb(stringSlice(inner, 0, stringIndexOf(inner, ":") + 1)))
      return "null";
    return new URL(inner).origin;
  }

  get protocol(): string {
    return stringSlice(this.#href, 0, this.#parts().scheme);
  }

  set protocol(value: string) {
    this.#set("protocol", value);
  }

  get username(): string {
    const { user, host } = this.#parts();
    if (user === host) return "";
    const colon = stringIndexOf(this.#href, ":", user);
    return stringSlice(this.#href, user, colon === -1 || colon >= host ? host - 1 : colon);
  }

  set username(value: string) {
    this.#set("username", value);
  }

  get password(): string {
    const { user, host } = this.#parts();
    const colon = user === host ? -1 : stringIndexOf(this.#href, ":", user);
    return colon === -1 || colon >= host ? "" : stringSlice(this.#href, colon + 1, host - 1);
  }

  set password(value: string) {
    this.#set("password", value);
  }

  get host(): string {
    const { host, path } = this.#parts();
    return stringSlice(this.#href, host, this.#hasDot() ? host : path);
  }

  set host(value: string) {
    this.#set("host", value);
  }

  get hostname(): string {
    const { host, port } = this.#parts();
    return stringSlice(this.#href, host, this.#hasDot() ? host : port);
  }

  set hostname(value: string) {
    this.#set("hostname", value);
  }

  get port(): string {
    const { port, path } = this.#parts();
    return this.#hasDot() ? "" : stringSlice(this.#href, port + 1, path);
  }

  set port(value: string) {
    this.#set("port", value);
  }

  get pathname(): string {
    const { path, search } = this.#parts();
    return stringSlice(this.#href, path, search);
  }

  set pathname(value: string) {
    this.#set("pathname", value);
  }

  get search(): string {
    const { search, hash } = this.#parts();
    return hash - search < 2 ? "" : stringSlice(this.#href, search, hash);
  }

  set search(value: string) {
    this.#set("search", value);
  }

  get searchParams(): URLSearchParams {
    this.#params ??= ownedBy(this.search, (query) => this.#setQuery(query));
    return this.#params;
  }

  get hash(): string {
    const { hash } = this.#parts();
    return this.#href.length - hash < 2 ? "" : stringSlice(this.#href, hash);
  }

  set hash(value: string) {
    this.#set("hash", value);
  }

  toString(): string {
    return this.#href;
  }

  toJSON(): string {
    return this.#href;
  }

  #parts(): Cuts {
    this.#cuts ??= cutUrl(this.#href);
    return this.#cuts;
  }

  /** A path that begins with `//` and follows no host has `/.` before it. */
  #hasDot(): boolean {
    const { scheme, host, path } = this.#parts();
    return scheme === host && path > host;
  }

  #set(part: string, value: unknown): void {
    this.#become(changeUrl(this.#href, part, value));
  }

  #become(href: string): void {
    this.#setHref(href);
    if (this.#params !== null) refill(this.#params, this.search);
  }

  #setQuery(query: string): void {
    this.#setHref(changeUrl(this.#href, "search", query));
  }

  #setHref(href: string): void {
    this.#href = href;
    this.#cuts = null;
  }
}

const isWeb = (protocol: string): boolean => protocol === "https:" || protocol === "http:";
const isTuple = (protocol: string): boolean =>
  isWeb(protocol) || protocol === "ws:" || protocol === "wss:" || protocol === "ftp:";

const SLASH = 47;
const AT = 64;
const COLON = 58;
const QUESTION = 63;
const HASH = 35;
const BRACKET = 93;

function cutUrl(href: string): Cuts {
  const scheme = stringIndexOf(href, ":") + 1;
  const isAt = (at: number): boolean => stringCharCodeAt(href, at) === SLASH;
  const hasHost = isAt(scheme) && isAt(scheme + 1);
  const authority = hasHost ? cutAuthority(href, scheme + 2) : null;
  const hasDot = authority === null && stringSlice(href, scheme, scheme + 4) === "/.//";
  const path = authority?.end ?? (hasDot ? scheme + 2 : scheme);
  const hashAt = stringIndexOf(href, "#", path);
  const hash = hashAt === -1 ? href.length : hashAt;
  const searchAt = stringIndexOf(href, "?", path);
  const search = searchAt === -1 || searchAt > hash ? hash : searchAt;
  if (authority === null) {
    return { scheme, user: scheme, host: scheme, port: path, path, search, hash };
  }
  return {
    scheme,
    user: scheme + 2,
    host: authority.host,
    port: authority.port,
    path,
    search,
    hash,
  };
}

function cutAuthority(href: string, start: number): { host: number; port: number; end: number } {
  let host = start;
  let port = -1;
  let at = start;
  for (; at < href.length; at++) {
    const code = stringCharCodeAt(href, at);
    if (code === SLASH || code === QUESTION || code === HASH) break;
    if (code === COLON) port = at;
    // what stood before was a password, or the inside of an IPv6 address
    if (code === AT || code === BRACKET) port = -1;
    if (code === AT) host = at + 1;
  }
  return { host, port: port === -1 ? at : port, end: at };
}
