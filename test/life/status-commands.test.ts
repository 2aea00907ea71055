// `sluice status` and `sluice top` against a proxy that runs: what is wrong, and how much goes on.

import assert from "node:assert/strict";
import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import { after, test } from "node:test";
import { sluice } from "../cli/fake-admin.ts";
import { httpOrigin } from "./http-origin.ts";
import { TestProxy } from "./proxy.ts";
import { TOKEN } from "./tail-reader.ts";

const BROKEN = `import { definePhases } from "sluice";
export default definePhases({ requestFilter() { throw new Error("no"); } });
`;

const origin = await httpOrigin((request, response) => {
  response.statusCode = request.url === "/fails" ? 500 : 200;
  response.end("12345");
});
after(() => origin[Symbol.asyncDispose]());

const upstreams = { main: { peers: [origin.address] } };
const sound = { hosts: ["sound.example"], upstreams, defaultUpstream: "main" };
/** Open for longer than a command takes to start on a busy machine. */
const breaker = { minRequests: 1, failurePercent: 50, openMs: 600_000 };
const broken = { ...sound, hosts: ["broken.example"], script: "broken.ts", breaker };

async function start(tenants: object): Promise<TestProxy> {
  return await TestProxy.start({ files: { "broken.ts": BROKEN }, config: { tenants } });
}

async function ask({ port }: TestProxy, host: string, path = "/"): Promise<void> {
  const request = get({ host: "127.0.0.1", port, path, headers: { host } });
  const [response] = (await once(request, "response")) as [IncomingMessage];
  response.resume();
  await once(response, "end");
}

/** As long as the command runs. */
async function askDuring(proxy: TestProxy, looking: Promise<unknown>, path?: string) {
  let isOver = false;
  void looking.finally(() => {
    isOver = true;
  });
  while (!isOver) await ask(proxy, "sound.example", path);
}

const run = (proxy: TestProxy, ...args: string[]) =>
  sluice([...args, "--admin", proxy.admin], {
    env: { SLUICE_ADMIN_TOKEN: TOKEN, NO_COLOR: "1" },
  });

test("status of a proxy that serves: nothing is wrong, and figures of the time it looked", async () => {
  await using proxy = await start({ sound });
  const looking = run(proxy, "status", "--over", "1");
  await askDuring(proxy, looking);
  const { status, stdout, stderr } = await looking;
  assert.equal(status, 0, stderr);
  assert.match(stdout, /^sluice \S+ on Node 26\S*, process \d+: ready, up \d+ s\n1 workers, 1 ten/);
  assert.match(stdout, /\n\nnothing is wrong\n\n/);
  assert.match(stdout, / {2}requests\/s +[1-9]/);
  assert.match(stdout, / {2}errors +0 %\n {2}p50 +<= [\d.]+ ms\n/);
});

test("a tenant whose script throws is the first thing that status says, and its status is 1", async () => {
  await using proxy = await start({ sound, broken });
  for (let sent = 0; sent < 5; sent++) await ask(proxy, "broken.example");
  const told = await run(proxy, "status", "--over", "0.1");
  assert.equal(told.status, 1, told.stderr);
  assert.match(told.stdout, /\nERROR {4}broken: .*its breaker is open\n/);
  const json = JSON.parse((await run(proxy, "status", "--over", "0.1", "--json")).stdout);
  assert.equal(json.after.faults[0].tenant, "broken");
});

test("top has a row for each tenant, the busiest first", async () => {
  await using proxy = await start({ idle: { ...sound, hosts: ["idle.example"] }, sound });
  const looking = run(proxy, "top", "--every", "1", "--times", "1");
  await askDuring(proxy, looking, "/fails");
  const { status, stdout, stderr } = await looking;
  assert.equal(status, 0, stderr);
  const [head = "", first = "", second = ""] = stdout.split("\n");
  assert.match(head, /^TENANT +REQUESTS\/S +ERRORS +RECEIVED\/S +SENT\/S +SCRIPT MS\/S +LOG\/S$/);
  assert.match(first, /^sound +[1-9][\d,.]* +100 % +0 B +[\d.,]+ k?B +0 +0 B$/);
  assert.match(second, /^idle +0 +- +0 B/);
});

test("without any token they answer whoever is on this machine, else operators alone", async () => {
  const tenants = { sound };
  await using proxy = await TestProxy.start({
    config: { tenants },
    env: { SLUICE_ADMIN_TOKEN: "" },
  });
  const open = { SLUICE_ADMIN_TOKEN: "" };
  const told = await sluice(["status", "--over", "0.1", "--admin", proxy.admin], { env: open });
  assert.match(told.stdout, /nothing is wrong/);
  const foreign = await fetch(`${proxy.admin}/v1/status`);
  assert.equal(foreign.status, 403);

  await using closed = await start(tenants);
  const env = { SLUICE_ADMIN_TOKEN: "wrong-wrong-wrong-wrong" };
  for (const command of ["status", "top"]) {
    const refused = await sluice([command, "--admin", closed.admin], { env });
    assert.deepEqual([refused.status, refused.stdout], [1, ""]);
  }
});
