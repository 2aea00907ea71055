// Which route a request takes: an exact path first, then the longest path that it is at or below;
// of several routes there, the most particular host, then those that name methods, then their order
// in the file. Tables are made once; a lookup takes at most as many steps as the deepest route has
// segments, however many routes there are, and whatever the request's path.

import { isClear, pathOf, readingsOf } from "../../wire/path.ts";
import { fitsHost, hostNameOf } from "./host.ts";

/** What the table needs to know of a route. */
export interface RouteKey {
  /** As a person reads it. */
  readonly path: string;
  readonly isExact: boolean;
  readonly host: string;
  /** Empty: any. */
  readonly methods: readonly string[];
}

/** What a route is found by. */
export interface RoutedRequest {
  readonly target: string;
  readonly method: string;
  readonly host: string;
}

/** The path has readings that lead to different routes, or none that is safe. */
export const AMBIGUOUS = "ambiguous";

export class RouteTable<R extends RouteKey> {
  readonly #exact = new Map<string, R[]>();
  /** Without a slash at the end: `/api`; empty: all paths. */
  readonly #below = new Map<string, R[]>();
  readonly #depth: number;

  constructor(routes: readonly R[]) {
    for (const route of routes.toSorted(byParticularity)) {
      const path = encodePath(route.path);
      if (route.isExact) add(this.#exact, path, route);
      else add(this.#below, withoutEnd(path), route);
    }
    this.#depth = Math.max(0, ...[...this.#below.keys()].map(depthOf));
  }

  find(request: RoutedRequest): R | null | typeof AMBIGUOUS {
    const path = pathOf(request.target);
    if (path.charCodeAt(0) !== SLASH) return null; // OPTIONS *
    if (isClear(path)) return this.#lookUp(path, request);
    const readings = readingsOf(path);
    if (readings === null) return AMBIGUOUS;
    const [first = "", ...others] = new Set(readings);
    const route = this.#lookUp(first, request);
    const agree = others.every((reading) => this.#lookUp(reading, request) === route);
    return agree ? route : AMBIGUOUS;
  }

  #lookUp(path: string, request: RoutedRequest): R | null {
    const exact = firstFit(this.#exact.get(path), request);
    if (exact !== null) return exact;
    // cut first: a path of thousands of segments must not cost thousands of steps
    let end = endOfSegments(path, this.#depth);
    for (;;) {
      const route = firstFit(this.#below.get(path.slice(0, end)), request);
      if (route !== null || end === 0) return route;
      end = path.lastIndexOf("/", end - 1);
    }
  }
}

const SLASH = 47;

/** A route's path in the spelling of readings: its bytes, each a character. */
const encodePath = (path: string): string => Buffer.from(path, "utf8").toString("latin1");

const withoutEnd = (path: string): string => (path.endsWith("/") ? path.slice(0, -1) : path);

const depthOf = (path: string): number => path.split("/").length - 1;

function add<R>(table: Map<string, R[]>, path: string, route: R): void {
  const routes = table.get(path);
  if (routes === undefined) table.set(path, [route]);
  else routes.push(route);
}

/** The sort is stable: what is equal stays as in the file. */
function byParticularity(one: RouteKey, two: RouteKey): number {
  const hosts = weight(two.host) - weight(one.host);
  return hosts !== 0 ? hosts : Math.sign(two.methods.length) - Math.sign(one.methods.length);
}

/** A name, then the longest wildcard, then any. */
function weight(host: string): number {
  if (host === "*") return 0;
  return host.startsWith("*.") ? host.length : Number.MAX_SAFE_INTEGER;
}

function firstFit<R extends RouteKey>(routes: R[] | undefined, request: RoutedRequest): R | null {
  if (routes === undefined) return null;
  for (const route of routes) {
    if (!fitsMethod(route.methods, request.method)) continue;
    if (route.host === "*" || fitsHost(route.host, hostNameOf(request.host))) return route;
  }
  return null;
}

/** RFC 9110 section 9.3.2: HEAD is GET without the content. */
function fitsMethod(methods: readonly string[], method: string): boolean {
  if (methods.length === 0 || methods.includes(method)) return true;
  return method === "HEAD" && methods.includes("GET");
}

/** Where the path's first segments end: 4 for one of `/api/x`, 0 for none. */
function endOfSegments(path: string, segments: number): number {
  let end = 0;
  for (let left = segments; left > 0 && end !== path.length; left--) {
    const next = path.indexOf("/", end + 1);
    end = next === -1 ? path.length : next;
  }
  return end;
}
