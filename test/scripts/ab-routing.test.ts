// scripts/ab-routing.ts: who goes where, and stays there.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Stand } from "./stand.ts";

let stand: Stand;
before(async () => {
  const config = { trustedProxies: ["127.0.0.1"] };
  const upstreams = { a: null, b: null };
  const env = { AB_PERCENT: "30" };
  stand = await Stand.start({ script: "ab-routing.ts", env, upstreams, config });
});
after(async () => await stand[Symbol.asyncDispose]());

/** From this address, by way of a proxy that is trusted. */
const from = (address: string, cookie = "") => ({
  headers: { "x-forwarded-for": address, ...(cookie === "" ? {} : { cookie }) },
});

test("a client without a cookie gets one for the variant that answered", async () => {
  const { body, headers } = await stand.ask("/", from("192.0.2.1"));
  assert.match(headers["set-cookie"]?.[0] ?? "", new RegExp(`^ab=${body}; Path=/; Max-Age=`));
  assert.equal(headers.vary, "Cookie");
});

test("the cookie decides, and is not set again", async () => {
  for (const variant of ["a", "b"]) {
    const { body, headers } = await stand.ask("/", from("192.0.2.1", `x=1; ab=${variant}; y=2`));
    assert.equal(body, variant);
    assert.equal(headers["set-cookie"], undefined);
  }
});

test("a cookie with another value is as good as none", async () => {
  const without = await stand.ask("/", from("192.0.2.1"));
  const { body, headers } = await stand.ask("/", from("192.0.2.1", "ab=c; cab=b"));
  assert.equal(body, without.body);
  assert.equal(headers["set-cookie"]?.length, 1);
});

test("clients without cookies stay where they are, and are divided as configured", async () => {
  const addresses = Array.from({ length: 300 }, (_, i) => `198.51.${i >> 8}.${i & 255}`);
  const visit = async (): Promise<string[]> => {
    const bodies: string[] = [];
    for (const address of addresses) bodies.push((await stand.ask("/", from(address))).body);
    return bodies;
  };
  const first = await visit();
  assert.deepEqual(await visit(), first);
  const share = first.filter((body) => body === "b").length / first.length;
  assert.ok(share > 0.2 && share < 0.4, `${share} of 0.3`);
});
