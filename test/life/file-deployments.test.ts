// Deployments that were not sent as files: from a script that the configuration names, at a start
// and at a reload, and from a bundle that the command line made. The history knows them as well.

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { sluice } from "../cli/fake-admin.ts";
import { call, WITH_TOKEN } from "./control.ts";
import { TestProxy } from "./proxy.ts";

const script = (hooks: string): string => `
import { definePhases } from "sluice";
import { hello } from "./lib/hello.ts";
export default definePhases({ requestFilter: () => new Response(hello), ${hooks} });
`;
const HELLO = 'export const hello: string = "hello";\n';

const view = async (proxy: TestProxy, version: number) =>
  (await call(proxy, ["GET", `/tenants/demo/deployments/${version}`])).body;

for (const isolation of ["inline", "process"] as const) {
  test(`${isolation}: what came from the file has its hooks and sources in the history`, async () => {
    const source = script("logging() {}");
    await using proxy = await TestProxy.start({
      files: { "main.ts": source, "lib/hello.ts": HELLO },
      config: {
        store: "memory",
        tenants: { demo: { hosts: ["*"], script: "main.ts", isolation } },
      },
      env: WITH_TOKEN,
    });
    const first = await view(proxy, 1);
    assert.partialDeepStrictEqual(first, { origin: "file", hooks: ["requestFilter", "logging"] });
    assert.deepEqual(first.files, { "main.ts": source, "lib/hello.ts": HELLO });
    await proxy.write("main.ts", script("newCtx: () => ({})"));
    assert.equal((await call(proxy, ["POST", "/reload"])).status, 200);
    const second = await view(proxy, 2);
    assert.partialDeepStrictEqual(second, { origin: "file", hooks: ["newCtx", "requestFilter"] });
    assert.deepEqual((await view(proxy, 1)).hooks, ["requestFilter", "logging"]);
    const warned = await proxy.waitFor(({ msg }) => msg?.includes("it has no") === true);
    assert.equal(warned.level, "warn");
    assert.match(warned.msg ?? "", /tenant demo: it has no logging, unlike v1 before it$/);
  });
}

test("a bundle that the command line made has its sources in the history, without packages", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sluice-bundle-"));
  try {
    const source = `import { hi } from "greeting";${script("logging: () => hi()")}`;
    writeFileSync(join(folder, "package.json"), "{}");
    writeFileSync(join(folder, "main.ts"), source);
    mkdirSync(join(folder, "lib"));
    writeFileSync(join(folder, "lib/hello.ts"), HELLO);
    mkdirSync(join(folder, "node_modules/greeting"), { recursive: true });
    writeFileSync(join(folder, "node_modules/greeting/package.json"), '{ "main": "index.js" }');
    writeFileSync(join(folder, "node_modules/greeting/index.js"), "export const hi = () => {};\n");
    await using proxy = await TestProxy.start({
      config: {
        store: "memory",
        tenants: { demo: { hosts: ["*"], upstreams: { none: { peers: ["127.0.0.1:1"] } } } },
      },
      env: WITH_TOKEN,
    });
    const args = ["deploy", "main.ts", "--tenant", "demo", "--admin", proxy.admin];
    const { status, stderr } = await sluice(args, { env: WITH_TOKEN, cwd: folder });
    assert.equal(status, 0, stderr);
    const { files, hooks } = await view(proxy, 1);
    assert.deepEqual(files, { "main.ts": source, "lib/hello.ts": HELLO });
    assert.deepEqual(hooks, ["requestFilter", "logging"]);
    const response = await fetch(proxy.url, { headers: { connection: "close" } });
    assert.equal(await response.text(), "hello");
  } finally {
    rmSync(folder, { recursive: true });
  }
});
