// One proxy at a time owns a store: another one is refused, a successor shares it for a while.

import assert from "node:assert/strict";
import { it } from "node:test";
import { StoreClaim } from "../../src/control/store/claim.ts";
import { openStore } from "../../src/control/store/open-store.ts";
import { SecretKeys } from "../../src/control/store/secret-keys.ts";
import { audit, Folder } from "./store-stand.ts";

const keys = SecretKeys.none();

it("a second opening is refused with a line that says what to do", async () => {
  await using folder = await Folder.make();
  const first = await folder.open();
  await assert.rejects(folder.open(), { fault: "unavailable", message: /another proxy uses it/ });
  await first.close();
  await (await folder.open()).close();
});

it("a successor opens it beside its predecessor, and owns it when that has ended", async () => {
  await using folder = await Folder.make();
  const first = await folder.open();
  const second = await openStore({ path: folder.file, keys, isSuccessor: true });
  await first.store.putFlag("demo", { name: "f", value: 1 }, audit("flag.put"));
  assert.equal((await second.store.flags("demo")).length, 1, "it sees what the other one wrote");
  await second.store.putFlag("demo", { name: "g", value: 2 }, audit("flag.put"));
  assert.equal((await first.store.flags("demo")).length, 2);
  await first.close();
  await second.owned;
  await assert.rejects(folder.open(), { fault: "unavailable" });
  await second.close();
});

it("a restore waits for nobody: it gets the store alone or not at all", async () => {
  await using folder = await Folder.make();
  const { close } = await folder.open();
  assert.equal(StoreClaim.alone(folder.file), null);
  await close();
  const alone = StoreClaim.alone(folder.file);
  assert.notEqual(alone, null);
  await assert.rejects(folder.open(), { fault: "unavailable", message: /a restore uses it/ });
  alone?.[Symbol.dispose]();
});
