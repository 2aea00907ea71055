// The revision of the store that a proxy serves: through changes, a restart, a handover, and ends
// between a change's commit and its going live.

import assert from "node:assert/strict";
import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Folder } from "../control/store-stand.ts";
import { call, deploy, list, TOKEN, versioned, WITH_TOKEN } from "./control.ts";
import { httpOrigin } from "./http-origin.ts";
import { oneTenant, type ProxyOptions, TestProxy } from "./proxy.ts";

const PRELOAD = new URL("./at-commit.mjs", import.meta.url).href;

const options = (folder: Folder, origin: string, store = "s.db"): ProxyOptions => ({
  config: {
    ...oneTenant({ origin: [origin] }),
    store: `sqlite:${join(folder.path, store)}`,
  },
  env: { ...WITH_TOKEN, AT_COMMIT: join(folder.path, "at-commit") },
  nodeArgs: ["--import", PRELOAD],
});

/** The next commit of the store is when the process gets this signal. */
const atCommit = (folder: Folder, signal: NodeJS.Signals): void =>
  writeFileSync(join(folder.path, "at-commit"), signal);

/** As an answer of the admin API says it. */
async function revisionOf(proxy: TestProxy): Promise<number> {
  const headers = { authorization: `Bearer ${TOKEN}`, connection: "close" };
  const answer = await fetch(`${proxy.admin}/v1/tenants`, { headers });
  await answer.text();
  return Number(answer.headers.get("sluice-revision"));
}

async function served(proxy: TestProxy): Promise<string | null> {
  const response = await fetch(proxy.url, { headers: { connection: "close" } });
  await response.text();
  return response.headers.get("x-version");
}

const plainOrigin = () => httpOrigin((_request, response) => void response.end("plain"));

test("it grows with each change, with none that is refused, and outlives restart and handover", async () => {
  await using folder = await Folder.make();
  await using origin = await plainOrigin();
  let revision = 0;
  {
    await using proxy = await TestProxy.start(options(folder, origin.address));
    const first = await revisionOf(proxy);
    assert.equal((await deploy(proxy, versioned(1))).status, 201);
    assert.equal((await call(proxy, ["PUT", "/tenants/demo/flags/f"], { value: 1 })).status, 200);
    assert.equal(await revisionOf(proxy), first + 2);
    const refused = [
      await deploy(proxy, "throw new Error('not today')"),
      await call(proxy, ["DELETE", "/tenants/demo/flags/none"]),
      await call(proxy, ["POST", "/tenants/demo/rollback"], { version: 9 }),
    ];
    assert.deepEqual(
      refused.map(({ status }) => status),
      [422, 404, 404],
    );
    const reloaded = await call(proxy, ["POST", "/reload"]);
    assert.equal(Number(reloaded.body.revision), first + 2, "the file brought nothing new");
    assert.equal(await revisionOf(proxy), first + 2);
    await proxy.stop();
    revision = first + 2;
  }
  await using proxy = await TestProxy.start(options(folder, origin.address));
  assert.equal(await revisionOf(proxy), revision);
  proxy.signal("SIGUSR2");
  await proxy.exited();
  assert.equal(await revisionOf(proxy), revision);
  const suspended = await call(proxy, ["POST", "/tenants/demo/suspend"], {});
  assert.equal(suspended.status, 200);
  assert.equal(await revisionOf(proxy), revision + 1);
  const lines = list((await call(proxy, ["GET", "/audit?limit=1"])).body.lines);
  assert.deepEqual(lines[0]?.detail, { revision: revision + 1 });
  const metrics = await proxy.metrics();
  for (const state of ["served", "stored"]) {
    assert.ok(metrics.includes(`sluice_store_revision{state="${state}"} ${revision + 1}\n`), state);
  }
});

test("a process that dies between commit and apply leaves a change that its restart serves", async () => {
  await using folder = await Folder.make();
  await using origin = await plainOrigin();
  let revision = 0;
  {
    await using proxy = await TestProxy.start(options(folder, origin.address));
    assert.equal((await deploy(proxy, versioned(1))).status, 201);
    revision = await revisionOf(proxy);
    atCommit(folder, "SIGKILL");
    await assert.rejects(deploy(proxy, versioned(2)), "nothing was acknowledged");
  }
  await using proxy = await TestProxy.start(options(folder, origin.address));
  assert.deepEqual([await revisionOf(proxy), await served(proxy)], [revision + 1, "2 2"]);
});

test("a handover that is asked for while a change commits has the change", async () => {
  await using folder = await Folder.make();
  await using origin = await plainOrigin();
  await using proxy = await TestProxy.start(options(folder, origin.address));
  assert.equal((await deploy(proxy, versioned(1))).status, 201);
  const revision = await revisionOf(proxy);
  atCommit(folder, "SIGUSR2");
  assert.equal((await deploy(proxy, versioned(2))).status, 201);
  assert.equal(await proxy.exited(), 0);
  assert.deepEqual([await revisionOf(proxy), await served(proxy)], [revision + 1, "2 2"]);
});

test("a successor does not take over with an older copy of the store", async () => {
  await using folder = await Folder.make();
  await using origin = await plainOrigin();
  await using proxy = await TestProxy.start(options(folder, origin.address));
  assert.equal((await deploy(proxy, versioned(1))).status, 201);
  copyFileSync(join(folder.path, "s.db"), join(folder.path, "copy.db"));
  assert.equal((await deploy(proxy, versioned(2))).status, 201);
  await proxy.configure(options(folder, origin.address, "copy.db").config);
  const answer = await call(proxy, ["POST", "/handover"]);
  assert.equal(answer.status, 503);
  assert.match(String(answer.body.detail), /expected revision 3 or later.*got 2.*older copy/);
  assert.equal(await served(proxy), "2 2");
});
