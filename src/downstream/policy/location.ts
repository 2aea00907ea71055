// Rewrites where an origin redirects its clients, so that it leads to this proxy again. An origin
// knows neither the prefix that its route removed nor, if it is asked with another Host, our name.
//
//   of  /api, stripPrefix: true          Location: /login                       /api/login
//   of  a peer 127.0.0.1:9001            Location: http://127.0.0.1:9001/login  /api/login
//   of  another host                     Location: https://sso.example/login    as it is

import { eachField, fieldOf, setField } from "../../wire/headers.ts";
import { hostNameOf } from "./host.ts";

/** The request that the origin has answered. */
export interface AnsweredRequest {
  /** As the client named it; empty: it did not. */
  readonly host: string;
  readonly upstreamRequest: { readonly headers: string } | null;
  readonly upstream: { readonly peer: { readonly address: string; readonly tls: unknown } } | null;
}

/** RFC 9110: where to go, and where what is in the body has its own place. */
const NAMES: ReadonlySet<string> = new Set(["location", "content-location"]);
/** Scheme, authority, and what follows it. A reference that is relative to a path has neither. */
const REFERENCE = /^(?:(https?):)?\/\/([^/?#\\]*)(.*)$/i;

export class LocationRewrite {
  readonly #isExact: boolean;
  /** Of the route, as a URL has it, without a slash at its end. */
  readonly #path: string;
  /** What stood in the path's place in the request, likewise; null: the path itself. */
  readonly #origins: string | null;

  constructor(path: string, isExact: boolean, newPrefix: string | null) {
    this.#isExact = isExact;
    this.#path = withoutSlash(encodeURI(path));
    this.#origins = newPrefix === null ? null : withoutSlash(encodeURI(newPrefix));
  }

  apply(headers: string, request: AnsweredRequest): string {
    let edited = headers;
    eachField(headers, (name, value) => {
      if (!NAMES.has(name.toLowerCase())) return;
      const to = this.#rewritten(value, request);
      if (to !== value) edited = setField(edited, name, to);
    });
    return edited;
  }

  #rewritten(location: string, request: AnsweredRequest): string {
    const [, scheme = "", authority, rest = ""] = REFERENCE.exec(location) ?? [];
    if (authority === undefined) {
      return location.startsWith("/") ? this.#withPath(location) : location;
    }
    const theirs = request.upstream?.peer.tls === null ? "http" : "https";
    const given = scheme.toLowerCase() || theirs;
    const isOf = (host: string): boolean => isSame({ authority, given }, { host, theirs });
    if (request.host !== "" && isOf(request.host)) {
      const start = location.slice(0, location.length - rest.length);
      return start + this.#withPath(rest);
    }
    const sent = fieldOf(request.upstreamRequest?.headers ?? "", "host") ?? "";
    if (!isOf(sent) && !isOf(request.upstream?.peer.address ?? "")) return location;
    const path = this.#withPath(rest);
    const isElsewhere = given !== theirs && request.host !== "";
    return isElsewhere ? `${given}://${hostNameOf(request.host)}${path}` : path;
  }

  /** With the route's path for what stood in its place. */
  #withPath(origins: string): string {
    const path = withSlash(origins);
    if (this.#origins === null || !path.startsWith(this.#origins)) return path;
    const rest = path.slice(this.#origins.length);
    const isWhole = rest === "" || rest.startsWith("?") || rest.startsWith("#");
    if (!isWhole && (this.#isExact || !rest.startsWith("/"))) return path;
    return withSlash(this.#path + rest);
  }
}

/** With one slash in front: two, of either kind, would be the name of another host. */
const withSlash = (path: string): string => `/${path.replace(/^[/\\]+/, "")}`;

const withoutSlash = (path: string): string => (path.endsWith("/") ? path.slice(0, -1) : path);

interface Named {
  readonly authority: string;
  /** Its scheme. */
  readonly given: string;
}

/** Whether the host of a URL is one by which the origin, or we, were asked. */
function isSame({ authority, given }: Named, asked: { host: string; theirs: string }): boolean {
  if (authority === "" || asked.host === "") return false;
  const { host, theirs } = asked;
  if (hostNameOf(authority).toLowerCase() !== hostNameOf(host).toLowerCase()) return false;
  const isAsWritten = explicitPort(authority) === explicitPort(host);
  return isAsWritten || portOf(authority, given) === portOf(host, theirs);
}

const explicitPort = (authority: string): string => /:(\d*)$/.exec(authority)?.[1] ?? "";

/** Empty: the scheme's own. */
function portOf(authority: string, scheme: string): string {
  const port = explicitPort(authority);
  return port === (scheme === "https" ? "443" : "80") ? "" : port;
}
