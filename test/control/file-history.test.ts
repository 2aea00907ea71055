// Scripts of the file in the history of their tenant.

import assert from "node:assert/strict";
import { test } from "node:test";
import { LIMITS } from "../../src/base/limits.ts";
import { mergeFile } from "../../src/control/deploy/history.ts";
import { memoryStore, NEWEST } from "./store-stand.ts";

test("of scripts that came from the file, sources and bundles are kept of the newest alone", async () => {
  const { store } = await memoryStore();
  const reloads = LIMITS.deploymentsKept + 10;
  for (let i = 1; i <= reloads; i++) {
    const script = { entry: "main.ts", code: `void ${i};`, sha256: String(i), map: "{}" };
    const about = { tenant: "demo", bytes: 7 };
    const { news } = await mergeFile(store, "demo", { ...about, ...script });
    if (news !== null) await store.release([news.release(() => [])]);
  }
  const history = await store.deployments("demo", NEWEST);
  assert.equal(history.length, reloads, "the rows stay");
  const kept = history.filter(({ isPruned }) => !isPruned).map(({ version }) => version);
  assert.equal(kept.length, LIMITS.deploymentsKept);
  assert.equal(kept.at(-1), reloads - LIMITS.deploymentsKept + 1);
  assert.equal(await store.deployment("demo", 1), null);
  await store.close();
});

test("among several machines a file that was there before is news if it changes, not at a start", async () => {
  const { store } = await memoryStore();
  const about = { tenant: "demo", bytes: 7, entry: "main.ts", code: "void 0;", map: "{}" };
  /** As a process reads it that had read the other one before, or none. */
  const read = async (sha256: string, readBefore: string | null) => {
    const { news, older } = await mergeFile(store, "demo", { ...about, sha256, readBefore });
    if (news !== null) await store.release([news.release(() => [])]);
    return news === null ? older : "news";
  };
  assert.equal(await read("a", null), "news", "nobody had one");
  assert.equal(await read("b", null), "news", "nobody had this one");
  assert.equal(await read("b", null), null, "another machine's is the same");
  assert.equal(await read("a", null), 1, "a machine that is behind is started");
  assert.equal(await read("a", "a"), 1, "and reads its file again");
  assert.equal(await read("a", "b"), "news", "it is changed back under a running proxy");
  assert.equal(await read("b", "b"), 2, "a machine that still has the other one reloads");
  await store.close();
});
