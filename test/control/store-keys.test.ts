// Secrets and the keys they are sealed with: rotation, lost keys, values that were moved.

import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { describe, it } from "node:test";
import { SecretKeys } from "../../src/control/store/secret-keys.ts";
import { audit, Folder, KEY, memoryStore, OTHER_KEY } from "./store-stand.ts";

describe("keys of secrets", () => {
  it("are changed by putting a new one first: then the old one is not needed any more", async () => {
    await using folder = await Folder.make();
    const first = await folder.open(KEY);
    await first.store.putSecret("demo", { name: "s", value: "kept" }, audit("secret.put"));
    await first.close();
    const second = await folder.open(`# new\n${OTHER_KEY}\n# old\n${KEY}\n`);
    assert.deepEqual(await second.store.resealSecrets(), { count: 1, lostKeys: [] });
    assert.deepEqual(await second.store.resealSecrets(), { count: 0, lostKeys: [] });
    await second.close();
    const third = await folder.open(OTHER_KEY);
    assert.deepEqual({ ...(await third.store.secretValues("demo")) }, { s: "kept" });
    await third.close();
  });

  it("that are lost are named, and their secrets are not served", async () => {
    await using folder = await Folder.make();
    const first = await folder.open(KEY);
    await first.store.putSecret("demo", { name: "s", value: "kept" }, audit("secret.put"));
    await first.close();
    const { store, close } = await folder.open(OTHER_KEY);
    const id = SecretKeys.parse(KEY, "the test").currentId ?? "";
    assert.deepEqual(await store.resealSecrets(), { count: 0, lostKeys: [id] });
    const message = new RegExp(`secret s of tenant demo: expected key ${id}, got `);
    await assert.rejects(store.secretValues("demo"), { fault: "damaged", message });
    await close();
  });

  it("are needed to store a secret, and the refusal says how to make one", async () => {
    const keys = SecretKeys.none();
    assert.throws(() => keys.seal("v", { tenant: "demo", name: "s" }), {
      fault: "keyless",
      message: /secrets\.keyFile or secrets\.keyEnv.*openssl rand -base64 32/,
    });
  });

  it("must be 32 bytes of base64, and the refusal does not repeat them", () => {
    const short = Buffer.alloc(16, 3).toString("base64");
    for (const [text, got] of [
      [short, "16 bytes"],
      ["not!a!key", "something else"],
      ["# only a comment", "none"],
    ] as const) {
      assert.throws(
        () => SecretKeys.parse(text, "/etc/key"),
        (error: Error) => {
          assert.match(
            error.message,
            /^Cannot read the key of the secrets in \/etc\/key: expected/,
          );
          assert.ok(error.message.endsWith(`got ${got}`), error.message);
          return !error.message.includes(short);
        },
      );
    }
  });
});

describe("a sealed secret", () => {
  it("does not open in the place of another one", () => {
    const keys = SecretKeys.parse(KEY, "the test");
    const sealed = keys.seal("v", { tenant: "one", name: "s" });
    assert.equal(keys.open(sealed, { tenant: "one", name: "s" }), "v");
    for (const place of [
      { tenant: "two", name: "s" },
      { tenant: "one", name: "t" },
    ]) {
      assert.throws(() => keys.open(sealed, place), {
        fault: "damaged",
        message: /it was changed/,
      });
    }
  });

  it("is another one each time, though the value is the same", () => {
    const keys = SecretKeys.parse(KEY, "the test");
    const place = { tenant: "one", name: "s" };
    assert.notDeepEqual(keys.seal("v", place).sealed, keys.seal("v", place).sealed);
  });

  it("is not in any answer but that for isolates, nor in the audit log", async () => {
    const { store } = await memoryStore();
    const summary = await store.putSecret("demo", { name: "s", value: "hunter2" }, audit("p"));
    const shown = [summary, await store.secrets("demo"), await store.audit({ tenant: null }, PAGE)];
    assert.doesNotMatch(JSON.stringify(shown), /hunter2/);
    await store.close();
  });

  it("whose row was changed by hand is damaged", async () => {
    await using folder = await Folder.make();
    const { store, close } = await folder.open();
    await store.putSecret("demo", { name: "s", value: "v" }, audit("secret.put"));
    await close();
    const database = new DatabaseSync(folder.file);
    database.exec("UPDATE secrets SET tenant = 'other'");
    database.close();
    await assert.rejects(folder.open(), { fault: "damaged", message: /table secrets/ });
  });
});

const PAGE = { before: null, limit: 10 };
