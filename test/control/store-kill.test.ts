// Whatever moment a process is killed at: what was acknowledged is there, what was not is there
// as a whole or not at all, and the store opens.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { it } from "node:test";
import { fileURLToPath } from "node:url";
import { Folder, NEWEST } from "./store-stand.ts";

const WRITER = fileURLToPath(new URL("store-writer.ts", import.meta.url));
const ROUNDS = 25;

it(`loses nothing acknowledged when its process is killed, ${ROUNDS} times in a row`, async () => {
  await using folder = await Folder.make();
  let written = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const acknowledged = await writeUntilKilled(folder.file, written + 1);
    assert.ok(acknowledged > written, "each round writes something");
    const { store, close } = await folder.open();
    const newest = await store.deployments("demo", { before: null, limit: 1 });
    const version = newest[0]?.version ?? 0;
    assert.ok(version >= acknowledged, `${acknowledged} was acknowledged, ${version} is there`);
    assert.ok(version <= acknowledged + 1, "only one more may have been under way");
    const stored = await store.deployment("demo", version);
    assert.ok(stored?.code.startsWith(`// ${version}\n`));
    const [share] = (await store.traffic("demo"))?.versions ?? [];
    const { number } = await store.secretValues("demo");
    const [counter] = await store.counters();
    for (const other of [share?.version, Number(number), Number(counter?.value)]) {
      assert.ok(other === acknowledged || other === version, `${other} of ${version}`);
    }
    const lines = await store.audit({ tenant: "demo" }, NEWEST);
    const made = lines.find(({ action }) => action === "deployment.create");
    assert.equal(made?.target, `version ${version}`, "a change and its audit line go together");
    await close();
    written = version;
  }
});

/** Resolves to the last change that was acknowledged. */
async function writeUntilKilled(file: string, first: number): Promise<number> {
  const child = spawn(process.execPath, [WRITER, file, String(first)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "close");
  let last = 0;
  let more = 1 + Math.floor(Math.random() * 6);
  const lines = createInterface({ input: child.stdout }).on("line", (line) => {
    last = Number(line);
    // it goes on writing meanwhile: somewhere in the next change
    if (--more === 0) setTimeout(() => child.kill("SIGKILL"), Math.random() * 10);
  });
  await Promise.all([ended, once(lines, "close")]);
  return last;
}
