// The id of a proxy among those that share a store, where it cannot be written.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { NodeIdentity } from "../../src/control/store/cluster/node-identity.ts";
import { StoreError } from "../../src/control/store/store.ts";
import { Folder } from "./store-stand.ts";

/** What is written is written to a file of that name first, whoever may write what is there. */
const block = (folder: string, name: string): void => mkdirSync(join(folder, `${name}~`));

const says = (folder: string, name: string) => (thrown: unknown) =>
  thrown instanceof StoreError &&
  thrown.fault === "unavailable" &&
  thrown.message.startsWith(
    `Cannot write the id of this proxy, ${join(folder, name)}: EISDIR: illegal operation`,
  );

test("a first id that cannot be written is one sentence that says where and why", async () => {
  await using folder = await Folder.make();
  block(folder.path, "node-id");
  assert.throws(() => new NodeIdentity(folder.path), says(folder.path, "node-id"));
});

test("one that cannot be replaced stays, on the disk and in the process", async () => {
  await using folder = await Folder.make();
  const identity = new NodeIdentity(folder.path);
  const { id, countedId } = identity;
  block(folder.path, "node-id");
  assert.throws(() => identity.renew(), says(folder.path, "node-id"));
  block(folder.path, "node-id-counted");
  assert.throws(() => identity.countAs("another"), says(folder.path, "node-id-counted"));
  assert.deepEqual([identity.id, identity.countedId], [id, countedId]);
  assert.equal(readFileSync(join(folder.path, "node-id"), "utf8"), `${id}\n`);
});
