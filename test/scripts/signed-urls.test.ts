// scripts/signed-urls.ts: a link opens what it was made for, until it expires.

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { after, before, test } from "node:test";
import { Stand } from "./stand.ts";

const URL_KEY = "the-key-of-the-links";
const IN_AN_HOUR = Math.floor(Date.now() / 1000) + 3_600;

let stand: Stand;
before(async () => {
  const env = { URL_KEY };
  stand = await Stand.start({ script: "signed-urls.ts", env, upstreams: { main: null } });
});
after(async () => await stand[Symbol.asyncDispose]());

function link(path: string, expires: number, key = URL_KEY): string {
  const signature = createHmac("sha256", key).update(`${path}?expires=${expires}`).digest("hex");
  return `${path}?expires=${expires}&signature=${signature}`;
}

test("a link opens its file, and the upstream sees the path alone", async () => {
  assert.equal((await stand.ask(link("/files/a.pdf", IN_AN_HOUR))).status, 200);
  assert.equal(stand.seen.at(-1)?.url, "/files/a.pdf");
});

test("what is not below /files/ is open", async () => {
  assert.equal((await stand.ask("/about")).status, 200);
});

for (const [what, path, status] of [
  ["a path without a signature", "/files/a.pdf", 403],
  ["a link with another key", link("/files/a.pdf", IN_AN_HOUR, "another"), 403],
  ["a link of another file", link("/files/b.pdf", IN_AN_HOUR).replace("b.pdf", "a.pdf"), 403],
  ["a link that says later", link("/files/a", IN_AN_HOUR).replace("expires=", "expires=9"), 403],
  ["a link that has expired", link("/files/a.pdf", 1), 410],
  ["a signature that is no hex", `/files/a.pdf?expires=${IN_AN_HOUR}&signature=zz`, 403],
] as const) {
  test(`${what} is answered with ${status}`, async () => {
    const before = stand.seen.length;
    assert.equal((await stand.ask(path)).status, status);
    assert.equal(stand.seen.length, before);
  });
}
