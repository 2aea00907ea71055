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
