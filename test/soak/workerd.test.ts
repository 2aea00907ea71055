// workerd, from npm, is asked what the scripts of test/life/web-oracle.test.ts are asked, and still
// gives the answers that these are held to.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { findWorkerd, installNpm } from "../../bench/install.ts";
import { ask, expectations, WORKER } from "../life/web-oracle.ts";

const CONFIG = `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .main)],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
const main :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed "worker.js")],
  compatibilityDate = "2026-11-01",
);`;

const root = fileURLToPath(new URL("../../", import.meta.url));
await installNpm(root, console.log);
const folder = await mkdtemp(join(tmpdir(), "sluice-workerd-"));
await writeFile(join(folder, "worker.js"), WORKER);
await writeFile(join(folder, "config.capnp"), CONFIG);

const args = ["serve", join(folder, "config.capnp"), "--control-fd=1"];
const child = spawn(await findWorkerd(root), args, { stdio: ["ignore", "pipe", "ignore"] });
const exited = once(child, "exit");
after(async () => {
  child.kill("SIGKILL");
  await exited;
  await rm(folder, { recursive: true });
});

/** It tells the port that the system has given it, in a line of JSON. */
async function portOf(): Promise<number> {
  const [line] = await once(child.stdout, "data");
  const told: { port?: unknown } = JSON.parse(String(line));
  assert.ok(typeof told.port === "number", String(line));
  return told.port;
}

const port = await portOf();
for (const [title, { workerd }] of Object.entries(expectations)) {
  test(`workerd answers as it did: ${title}`, async () => {
    assert.deepEqual(await ask(port, title), workerd);
  });
}
