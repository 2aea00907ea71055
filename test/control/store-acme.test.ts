// What the store remembers of certificates that are ordered from an authority.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { Folder, KEY, OTHER_KEY } from "./store-stand.ts";

const DIRECTORY = "https://authority.example/directory";
const CLAIM = { host: "a.example", holder: "one", forMs: 4_000 };

test("a name is ordered by one process at a time, and by another when that one is late", async (t) => {
  t.mock.timers.enable({ apis: ["Date"], now: 1_000_000_000_000 });
  await using folder = await Folder.make();
  const { store, close } = await folder.open();
  const { acme } = store;
  assert.equal(await acme.claimAcmeOrder(CLAIM), true);
  assert.equal(await acme.claimAcmeOrder({ ...CLAIM, holder: "two" }), false);
  assert.equal(await acme.claimAcmeOrder({ ...CLAIM, host: "b.example", holder: "two" }), true);
  t.mock.timers.setTime(Date.now() + CLAIM.forMs);
  assert.equal(await acme.claimAcmeOrder({ ...CLAIM, holder: "two" }), true);
  await acme.endAcmeOrder(CLAIM, null);
  const [first] = await acme.acmeOrders();
  assert.equal(first?.holder, "two", "who came too late has ended the order of another");
  await close();
});

test("how often an order failed, and until when it waits, outlives a restart", async () => {
  await using folder = await Folder.make();
  const first = await folder.open();
  const then = { failures: 2, nextMs: 9_000, error: "no" };
  await first.store.acme.claimAcmeOrder(CLAIM);
  await first.store.acme.endAcmeOrder(CLAIM, then);
  await first.close();
  const { store, close } = await folder.open();
  const remembered = { host: "a.example", holder: "one", untilMs: 0, ...then };
  assert.deepEqual(await store.acme.acmeOrders(), [remembered]);
  await store.acme.claimAcmeOrder(CLAIM);
  await store.acme.endAcmeOrder(CLAIM, null);
  assert.deepEqual(await store.acme.acmeOrders(), []);
  await close();
});

test("the account's key is sealed, and sealed anew under a new key", async () => {
  await using folder = await Folder.make();
  const account = { url: `${DIRECTORY}/1`, key: "the key of the account" };
  const first = await folder.open();
  assert.equal(await first.store.acme.acmeAccount(DIRECTORY), null);
  await first.store.acme.putAcmeAccount(DIRECTORY, account);
  await first.close();
  const second = await folder.open(`${OTHER_KEY}\n${KEY}`);
  assert.deepEqual(await second.store.resealSecrets(), { count: 1, lostKeys: [] });
  await second.close();
  const third = await folder.open(OTHER_KEY);
  assert.deepEqual(await third.store.acme.acmeAccount(DIRECTORY), account);
  assert.equal((await readFile(folder.file, "latin1")).includes(account.key), false);
  await third.close();
});

test("a proof is sealed, is a revision, and is there until its order ends, or another comes after its time", async () => {
  await using folder = await Folder.make();
  const { store, close } = await folder.open();
  const { acme } = store;
  const [{ number }, text] = [await store.revision(), "the key of the proof"];
  const [late, proof] = [
    { host: "late.example", text },
    { host: "a.example", text },
  ];
  assert.equal(await acme.putAcmeProof({ ...late, forMs: 0 }), number + 1);
  assert.deepEqual(await acme.acmeProofs(), [late]);
  assert.equal(await acme.putAcmeProof({ ...proof, forMs: 60_000 }), number + 2);
  assert.deepEqual(await acme.acmeProofs(), [proof]);
  await close();
  const stranger = await folder.open(OTHER_KEY);
  assert.deepEqual(await stranger.store.acme.acmeProofs(), [], "nobody can show it without a key");
  await stranger.store.acme.endAcmeProof(proof.host);
  await stranger.close();
  const again = await folder.open();
  assert.deepEqual(await again.store.acme.acmeProofs(), []);
  assert.equal((await again.store.revision()).number, number + 2);
  await again.close();
  assert.equal((await readFile(folder.file, "latin1")).includes(text), false);
});
