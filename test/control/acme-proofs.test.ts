// What an authority is answered where several proxies share the store.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Node } from "../../src/control/nodes.ts";
import { authority, Stand, settled } from "./acme-stand.ts";

/** Another proxy, which serves what the store had at this revision. */
const nodeAt = (revision: number): Node => ({
  ...{ id: "other", name: "other", version: "1", startedAtMs: 0, silentMs: 0, address: "" },
  ...{ isLive: true, isDrained: false, isGuardian: false, refusal: null, revision },
  figures: { requests: 0, errors: 0, requestsActive: 0, connections: 0 },
});

test("the authority is asked to look when the other proxies answer it too", async () => {
  const begun = Promise.withResolvers<void>();
  const pair = await authority.issue({ names: ["a.example"] });
  await using stand = await Stand.make(async (parts) => {
    await using _shown = await parts.show({ type: "http-01", token: "t", answer: "t.x" });
    begun.resolve();
    return pair;
  });
  const { store } = stand.opened;
  const [{ number: before }, asked] = [await store.revision(), Promise.withResolvers<void>()];
  let served = before;
  stand.nodes = {
    id: "this",
    list: async () => {
      asked.resolve();
      const { number: newest } = await store.revision();
      return { nodes: [nodeAt(served)], newest, asOfMs: Date.now(), isStale: false };
    },
    setDrained: async () => {},
  };
  await stand.orders().look();
  await asked.promise;
  const [proof] = await store.acme.acmeProofs();
  const shown = { type: "http-01", token: "t", answer: "t.x", host: "a.example" };
  assert.deepEqual(JSON.parse(proof?.text ?? ""), shown);
  assert.equal(await Promise.race([begun.promise, Promise.resolve("waits")]), "waits");
  ({ number: served } = await store.revision());
  await begun.promise;
  await stand.row(settled);
  assert.deepEqual(await store.acme.acmeProofs(), []);
});
