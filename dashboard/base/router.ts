// The address holds the state: `#/tenants/shop/tail?status=error`. A link to it shows the same.

import { signal } from "@preact/signals";

export interface Route {
  /** Decoded. */
  readonly parts: readonly string[];
  readonly query: URLSearchParams;
}

export const route = signal<Route>(read());

addEventListener("hashchange", () => {
  route.value = read();
});

function read(): Route {
  const [path = "", query = ""] = location.hash.replace(/^#\/?/, "").split("?", 2);
  const parts = path.split("/").filter((part) => part !== "");
  return { parts: parts.map(decoded), query: new URLSearchParams(query) };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

type Query = Readonly<Record<string, string | null>>;

/** An address of this page. Whoever looks at one proxy goes on looking at it. */
export function to(parts: readonly string[], query: Query = {}): string {
  const path = parts.map(encodeURIComponent).join("/");
  const kept: Query = { node: route.value.query.get("node"), ...query };
  const entries = Object.entries(kept).filter((entry): entry is [string, string] => !!entry[1]);
  const search = new URLSearchParams(entries).toString();
  return `#/${path}${search === "" ? "" : `?${search}`}`;
}

export const go = (parts: readonly string[], query: Query = {}): void => {
  location.hash = to(parts, query);
};

/** The same, with nothing to go back to. */
export function goInstead(parts: readonly string[], query: Query = {}): void {
  history.replaceState(null, "", to(parts, query));
  route.value = read();
}

/** Changes parts of the query; null takes one away. */
export function setQuery(change: Query): void {
  const { parts, query } = route.value;
  goInstead(parts, { ...Object.fromEntries(query), ...change });
}
