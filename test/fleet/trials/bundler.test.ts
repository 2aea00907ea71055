// Uploads in the bundler's process: what some lines of TypeScript do to any bundler is the upload's
// own failure, whatever it takes along, and nobody's who uploads beside it.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { findSandbox } from "../../../src/fleet/children/sandbox.ts";
import { Bundler } from "../../../src/fleet/trials/bundler.ts";

const bundler = new Bundler(await findSandbox("auto", process.env.PATH ?? ""));
after(() => bundler.close());

const GOOD = 'import { definePhases } from "sluice";\nexport default definePhases({});\n';

const bundle = (source: string, tenant = "demo") =>
  bundler.bundle(tenant, { files: { "main.ts": source }, entry: "main.ts" });

/** The one problem of an upload. */
async function refusal(source: string): Promise<string> {
  const result = await bundle(source, "hostile");
  assert.ok(!result.ok);
  const [error] = result.errors;
  return `${error?.file}:${error?.line}:${error?.column}: ${error?.text}`;
}

/** Each member is the one before twice: a text of 32 · 2^n characters in n lines. */
function doublings(count: number): string {
  const members = Array.from({ length: count }, (_, n) => `a${n + 1} = \`\${a${n}}\${a${n}}\`,`);
  return `enum E { a0 = "${"x".repeat(32)}", ${members.join("\n")} }\nexport default E.a${count};`;
}

test("an upload becomes a bundle with its map, or problems with their places", async () => {
  const made = await bundle(GOOD);
  assert.ok(made.ok);
  assert.match(made.code, /__sluiceScript/);
  assert.deepEqual(JSON.parse(made.map).sources.includes("main.ts"), true);
  assert.match(made.sha256, /^[0-9a-f]{64}$/);
  assert.match(await refusal("const a = ;"), /^main\.ts:1:11: Unexpected ";"$/);
});

test("a text that doubles with each line ends its own build, beside honest ones", async () => {
  const before = process.memoryUsage().rss;
  const hostile = refusal(doublings(40));
  const honest = await Promise.all([bundle(GOOD, "one"), bundle(GOOD, "two")]);
  for (const made of honest) assert.ok(made.ok);
  assert.match(await hostile, /^main\.ts:1:1: Bundling took more than|^main\.ts:1:1: The bundler/);
  assert.ok((await bundle(GOOD)).ok);
  // what it made did not come here
  assert.ok(process.memoryUsage().rss - before < 500_000_000);
});

test("a bundle that is just too large is refused with its size", async () => {
  assert.match(
    await refusal(doublings(16)),
    /^main\.ts:1:1: The bundle is too large: 2097\d+ bytes/,
  );
});

test("a script that kills the bundler fails alone, and the next one has another", async () => {
  const killer = refusal(`export const a = ${"!".repeat(1_900_000)}1;`);
  const honest = await bundle(GOOD);
  assert.match(await killer, /^main\.ts:1:1: The bundler broke down|Bundling took more than/);
  assert.ok(honest.ok);
});
