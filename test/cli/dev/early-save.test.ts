// A save while `sluice dev` starts: after a file was read, and before anything is watched.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { closeSync, constants, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { builtProgram } from "../../support/built-program.ts";
import { DevProcess } from "../../support/dev-process.ts";

const { main } = await builtProgram();
const folder = mkdtempSync(join(tmpdir(), "sluice-dev-"));
after(() => rmSync(folder, { recursive: true }));

const save = (name: string, text: string): void => writeFileSync(join(folder, name), text);

save(
  "main.ts",
  `import { definePhases } from "sluice";
import { value } from "./part.ts";
export default definePhases({
  upstreamPeer: () => "stable",
  responseFilter: (session) => session.response.headers.set("x-v", value),
});
`,
);

/** Whoever reads it waits for what is written here: until then it bundles. */
const pipe = join(folder, "held.txt");
const { status } = spawnSync("mkfifo", [pipe]);
assert.equal(status, 0);

const HELD = `import "./held.txt";\n`;
const WAIT_MS_MAX = 60_000;

/** Once somebody reads the pipe, who has read what imports it. */
async function writer(): Promise<number> {
  const timeout = AbortSignal.timeout(WAIT_MS_MAX);
  for (;;) {
    try {
      return openSync(pipe, constants.O_WRONLY | constants.O_NONBLOCK);
    } catch (thrown) {
      if (timeout.aborted) throw thrown;
      await sleep(5);
    }
  }
}

async function savedWhileItStarts(first: string, second: string): Promise<DevProcess> {
  save("part.ts", HELD + first);
  const dev = new DevProcess([process.execPath, main, "dev", "main.ts", "--port", "0"], folder);
  try {
    const held = await writer();
    save("part.ts", second);
    closeSync(held);
    const [, url = ""] = await dev.says(/ready on (https?:\/\/[\d.:]+\/)/);
    dev.url = url;
    return dev;
  } catch (thrown) {
    await dev[Symbol.asyncDispose]();
    throw thrown;
  }
}

test("a file that is saved while the script is bundled is served once it is ready", async () => {
  const [first, second] = ["one", "two"].map((value) => `export const value = "${value}";\n`);
  await using dev = await savedWhileItStarts(first ?? "", second ?? "");
  await dev.says(/reloaded in \d+ ms/);
  assert.equal((await dev.get()).headers.get("x-v"), "two");
});

test("a mistake that is mended while the script is bundled needs no further save", async () => {
  const [wrong, right] = [`import "./none.ts";\n`, `export const value = "three";\n`];
  await using dev = await savedWhileItStarts(wrong, right);
  assert.match(dev.output, /not started; it will be with the next save/);
  assert.equal((await dev.get()).headers.get("x-v"), "three");
});

test("a script that nobody saves is not reloaded by its start", async () => {
  save("part.ts", `export const value = "four";\n`);
  const args = [process.execPath, main, "dev", "main.ts", "--port", "0"];
  await using dev = new DevProcess(args, folder);
  await dev.says(/ready on/);
  // what there was to see has been seen when the next save is
  const from = dev.output.length;
  save("part.ts", `export const value = "five";\n`);
  await dev.says(/reloaded in \d+ ms/, from);
  assert.equal(await dev.stop(), 0);
  assert.equal(dev.output.match(/reloaded in/g)?.length, 1);
});
