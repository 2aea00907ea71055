// Where hooks begin, in bundles as the bundler makes them.

import assert from "node:assert/strict";
import { test } from "node:test";
import { SourceLines } from "../../../src/control/sourcemap.ts";
import { HookPlaces } from "../../../src/fleet/worker/hook-places.ts";
import { HOOKS } from "../../../src/wire/phases.ts";
import { ScriptFolder } from "../../control/script-folder.ts";

/** `main.ts:4:3` by hook, of those that are found. */
async function placesOf(files: Readonly<Record<string, string>>): Promise<object> {
  using folder = new ScriptFolder(files);
  const bundle = await folder.bundle();
  assert.ok(bundle.ok, JSON.stringify(bundle));
  const places = new HookPlaces(bundle.code, new SourceLines(bundle.map));
  const found = HOOKS.map((hook) => [hook, places.of(hook)] as const);
  return Object.fromEntries(
    found.flatMap(([hook, at]) =>
      at === null ? [] : [[hook, `${at.file}:${at.line}:${at.column}`]],
    ),
  );
}

const IMPORT = 'import { definePhases } from "sluice";\n';

test("methods, arrows and functions that hooks are, in the file that has them", async () => {
  const files = {
    "main.ts": `${IMPORT}import { responseFilter } from "./lib.ts";
interface Unused { a: string }
async function upstreamPeer(session: unknown, ctx = { a: (1) }) {
  return String(ctx.a);
}
export default definePhases({
  newCtx: () => ({ a: 1 }),

  requestFilter(_session: unknown) {
    void upstreamPeer(1);
  },
  upstreamPeer, responseFilter,
  async logging() {},
});
`,
    "lib.ts": `// a comment
export function responseFilter(): void {}
`,
  };
  assert.deepEqual(await placesOf(files), {
    newCtx: "main.ts:8:3",
    requestFilter: "main.ts:10:3",
    upstreamPeer: "main.ts:4:16",
    responseFilter: "lib.ts:2:17",
    logging: "main.ts:14:9",
  });
});

test("methods and fields of a class, and no call of them", async () => {
  const files = {
    "main.ts": `${IMPORT}class Guard {
  newCtx = () => ({});
  requestFilter() { this.logging(); }
  logging() {
    const it = { requestFilter: 1 }.requestFilter;
    if (it === 1) return;
    this.requestFilter();
  }
}
export default definePhases(new Guard());
`,
  };
  const found = await placesOf(files);
  assert.deepEqual(Object.keys(found), ["newCtx", "requestFilter", "logging"]);
  assert.equal(Object.entries(found).find(([hook]) => hook === "logging")?.[1], "main.ts:5:3");
});

test("a text that names hooks without end is looked through in time", () => {
  const source = new SourceLines("{}");
  for (const piece of ["\n", "requestFilter", " requestFilter(", "\nlogging((((((((((((", "{ "]) {
    const code = piece.repeat(Math.ceil(4_000_000 / piece.length));
    // with work that grows as the square of it this would take hours
    assert.equal(new HookPlaces(code, source).of("requestFilter"), null);
  }
});
