// Follows a redirect as the Fetch standard does (HTTP-redirect fetch): which request comes next,
// and which parts of this one it keeps. Credentials stay with the origin for which they were
// meant.

import { fieldOf, removeFields } from "../wire/headers.ts";
import { checkedUrl } from "./fetch-url.ts";
import type { Order } from "./order.ts";
import { FetchRefusal } from "./refusal.ts";

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** Gone with the body that they are about. */
const OF_THE_BODY: ReadonlySet<string> = new Set([
  "content-encoding",
  "content-language",
  "content-location",
  "content-type",
  "content-length",
]);

/** For one origin alone. */
const OF_THE_ORIGIN: ReadonlySet<string> = new Set([
  "authorization",
  "proxy-authorization",
  "cookie",
  "host",
]);

export interface Redirect {
  readonly status: number;
  readonly headers: string;
}

/** The request that follows; null: it is a response like any other. Throws FetchRefusal. */
export function nextOrder(order: Order, { status, headers }: Redirect): Order | null {
  const method = redirectedMethod(order.method, status);
  if (order.redirect === "manual" || method === null) return null;
  const location = fieldOf(headers, "location");
  if (location === null) return null;
  if (order.redirect === "error") throw new FetchRefusal("fetch: it was redirected");
  const url = checkedUrl(Buffer.from(location, "latin1").toString("utf8"), order.url);
  const isElsewhere = url.origin !== order.url.origin;
  const becomesGet = method !== order.method;
  if (order.isStreamed && status !== 303) {
    throw new FetchRefusal(
      "fetch: it was redirected, and a body from a stream cannot be sent again",
    );
  }
  const kept = becomesGet ? removeFields(order.headers, OF_THE_BODY) : order.headers;
  return {
    ...order,
    url,
    method,
    body: becomesGet ? null : order.body,
    isStreamed: false,
    headers: isElsewhere ? removeFields(kept, OF_THE_ORIGIN) : kept,
    group: isElsewhere ? null : order.group,
  };
}

/** Of the request that follows a redirect; null: the status is none of a redirect. */
export function redirectedMethod(method: string, status: number): string | null {
  if (!REDIRECTS.has(status)) return null;
  if (method === "GET" || method === "HEAD") return method;
  const isForGet = status === 303 || ((status === 301 || status === 302) && method === "POST");
  return isForGet ? "GET" : method;
}
