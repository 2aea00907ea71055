// scripts/language.ts: which Accept-Language leads where.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Stand } from "./stand.ts";

let stand: Stand;
before(async () => {
  const upstreams = { en: null, de: null, fr: null };
  const env = { LANGUAGES: "en, de,fr" };
  stand = await Stand.start({ script: "language.ts", env, upstreams });
});
after(async () => await stand[Symbol.asyncDispose]());

for (const [accepted, group] of [
  ["de", "de"],
  ["de-CH, en;q=0.7", "de"],
  ["en;q=0.3, fr;q=0.8, de;q=0.5", "fr"],
  ["FR-ca", "fr"],
  ["ja, nl;q=0.9", "en"],
  ["ja, de ; q=0.1", "de"],
  ["*, de;q=0.9", "en"],
  ["de;q=0, fr;q=0.001", "fr"],
  ["de;q=what, ,;;", "en"],
] as const) {
  test(`"${accepted}" leads to ${group}`, async () => {
    const { body, headers } = await stand.ask("/", { headers: { "accept-language": accepted } });
    assert.equal(body, group);
    assert.equal(headers["content-language"], group);
    assert.equal(headers.vary, "Accept-Language");
  });
}

test("no Accept-Language leads to the first one", async () => {
  assert.equal((await stand.ask("/")).body, "en");
});
