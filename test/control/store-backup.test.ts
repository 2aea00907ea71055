// Copies of the store: made while it is in use, put back when it is not.

import assert from "node:assert/strict";
import { existsSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { it } from "node:test";
import { runProgram } from "../../src/cli/program.ts";
import { backUpStore, checkStore, restoreStore } from "../../src/control/store/backup.ts";
import { add, audit, Folder, NEWEST } from "./store-stand.ts";

it("a backup is taken while a proxy uses the store, and has what was acknowledged", async () => {
  await using folder = await Folder.make();
  const { store, close } = await folder.open();
  await add(store);
  await store.putSecret("demo", { name: "s", value: "kept" }, audit("secret.put"));
  const copy = join(folder.path, "copy.db");
  const rows = backUpStore(folder.file, copy);
  assert.equal(rows.get("deployments"), 1);
  assert.equal(statSync(copy).mode & 0o777, 0o600);
  await add(store);
  assert.throws(() => backUpStore(folder.file, copy), /expected no file there, got one/);
  assert.throws(() => restoreStore(folder.file, copy), /got a proxy that does; stop it/);
  assert.equal((await store.deployments("demo", NEWEST)).length, 2, "nothing has changed");
  await close();

  const { replaced } = restoreStore(folder.file, copy);
  assert.equal(checkStore(replaced ?? "").get("deployments"), 2, "what was there is kept");
  const after = await folder.open();
  assert.equal((await after.store.deployments("demo", NEWEST)).length, 1);
  assert.deepEqual({ ...(await after.store.secretValues("demo")) }, { s: "kept" });
  await after.close();
});

it("a store that is damaged, and one that is gone, can be restored", async () => {
  await using folder = await Folder.make();
  const { store, close } = await folder.open();
  await add(store);
  await close();
  const copy = join(folder.path, "copy.db");
  backUpStore(folder.file, copy);
  writeFileSync(folder.file, "damage");
  await assert.rejects(folder.open(), { fault: "damaged" });
  restoreStore(folder.file, copy);
  await (await folder.open()).close();
  const elsewhere = join(folder.path, "new", "sluice.db");
  assert.equal(restoreStore(elsewhere, copy).replaced, null);
  assert.equal(checkStore(elsewhere).get("deployments"), 1);
});

it("a damaged copy is refused, and the store stays as it is", async () => {
  await using folder = await Folder.make();
  const { store, close } = await folder.open();
  await add(store);
  await close();
  const copy = join(folder.path, "copy.db");
  writeFileSync(copy, "damage");
  const before = readdirSync(folder.path).sort();
  assert.throws(() => restoreStore(folder.file, copy), { fault: "damaged" });
  assert.throws(() => restoreStore(folder.file, join(folder.path, "none")), /no such file/);
  assert.deepEqual(readdirSync(folder.path).sort(), before);
  assert.equal(checkStore(folder.file).get("deployments"), 1);
});

it("the commands find the store by the configuration, and say by their status how it went", async () => {
  await using folder = await Folder.make();
  await (await folder.open()).close();
  const config = join(folder.path, "sluice.yaml");
  writeFileSync(config, `store: sqlite:${folder.file}\n`);
  const copy = join(folder.path, "copy.db");
  assert.equal(await runProgram(["store", "backup", copy, "-c", config]), 0);
  assert.ok(existsSync(copy));
  assert.equal(await runProgram(["store", "backup", copy, "-c", config]), 1);
  assert.equal(await runProgram(["store", "check", "-c", config, "--json"]), 0);
  assert.equal(await runProgram(["store", "restore", copy, "-c", config]), 0);
  writeFileSync(copy, "damage");
  assert.equal(await runProgram(["store", "check", copy, "-c", config]), 1);
  writeFileSync(config, "store: none\n");
  assert.equal(await runProgram(["store", "check", "-c", config]), 1);
});
