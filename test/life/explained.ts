// What `explain` says of requests, and of those that are refused before anything is made of them.

import assert from "node:assert/strict";
import type { TestProxy } from "./proxy.ts";
import { TOKEN } from "./tail-reader.ts";

/** @param path  behind `/v1/` */
export async function explain(
  { admin }: Pick<TestProxy, "admin">,
  token: string,
  path: string,
  asked: object,
) {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const body = JSON.stringify(asked);
  const answer = await fetch(`${admin}/v1/${path}`, { method: "POST", headers, body });
  return { status: answer.status, told: Object(await answer.json()) };
}

const MANY = Array.from({ length: 2_000 }, (_, index) => [`x-${index}`, "1"]);

const REFUSED = [
  ["forbidden", { client: "192.0.2.7" }],
  ["forbidden", { client: "203.0.113.7", headers: { "X-Forwarded-For": "192.0.2.7" } }],
  ["method_not_allowed", { method: "CONNECT" }],
  ["body_too_large", { method: "POST", headers: { "Content-Length": "1000001" } }],
  ["bad_request", { headers: { Host: "a.example", host: "shop.example" } }],
  ["bad_request", { headers: { Host: "b\u00fccher.example" } }],
  ["bad_request", { headers: { "X-Control": "\u0001" } }],
  ["headers_too_large", { headers: Object.fromEntries(MANY) }],
] as const;

/** Of shop.example, which does not admit 192.0.2.0/24, with 203.0.113.7 as a trusted proxy. */
export async function explainsRefusals(proxy: Pick<TestProxy, "admin">): Promise<void> {
  const url = "http://shop.example/";
  for (const [code, asked] of REFUSED) {
    const { told } = await explain(proxy, TOKEN, "explain", { url, ...asked });
    assert.equal(told.end?.code, code, JSON.stringify(told));
  }
  const last = { url, method: "OPTIONS", headers: { "Max-Forwards": "0" } };
  assert.equal((await explain(proxy, TOKEN, "explain", last)).told.end?.status, 204);
  for (const wrong of [`${url}\r\nX-More: 1`, `${url}\t`, "ftp://shop.example/", "http://"]) {
    assert.equal((await explain(proxy, TOKEN, "explain", { url: wrong })).status, 422, wrong);
  }
}
