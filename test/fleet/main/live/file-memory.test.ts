// A file whose news another machine was first with is read once more; what others store is not.

import assert from "node:assert/strict";
import { test } from "node:test";
import { StoreError } from "../../../../src/control/store/store-error.ts";
import { FileMemory } from "../../../../src/fleet/main/live/file-memory.ts";

const late = () => Promise.reject(new StoreError("conflict", "another machine was first"));

test("what the file says is owed until all of it is stored", async () => {
  const memory = new FileMemory();
  assert.equal(await memory.stored(Promise.resolve(7), true), 7);
  assert.equal(memory.isOwed, false);
  assert.equal(await memory.stored(late(), true), null);
  assert.equal(memory.isOwed, true);
  assert.equal(await memory.stored(Promise.resolve(null), false), null);
  assert.equal(memory.isOwed, true, "what is read of the store alone pays nothing");
  assert.equal(await memory.stored(Promise.resolve(null), true), null);
  assert.equal(memory.isOwed, false, "others have stored the same");
});

test("a store that is full is an error, and not late", async () => {
  const memory = new FileMemory();
  const full = new StoreError("unavailable", "the disk is full");
  await assert.rejects(memory.stored(Promise.reject(full), true), full);
});
