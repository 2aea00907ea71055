// What a tenant runs by the word of the store, whatever an earlier release wrote there.

import assert from "node:assert/strict";
import { it } from "node:test";
import { storedScripts } from "../../src/control/deploy/history.ts";
import { add, audit, memoryStore } from "./store-stand.ts";

for (const state of ["failed", "stored", "disabled"] as const) {
  it(`a version that is ${state} is out of service, even if it has traffic`, async () => {
    const { store } = await memoryStore();
    const version = await add(store);
    const change = { state, reason: "" };
    await store.setDeploymentState({ tenant: "demo", version }, change, audit("s"));
    const { versions } = await storedScripts(store, "demo");
    assert.deepEqual(
      versions.map(({ isDisabled }) => isDisabled),
      [true],
    );
    await store.close();
  });
}
