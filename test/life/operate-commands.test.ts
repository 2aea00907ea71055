// `sluice reload`, `sluice handover` and `sluice tail` against a proxy that runs.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { after, test } from "node:test";
import { sluice } from "../cli/fake-admin.ts";
import { builtProgram } from "../support/built-program.ts";
import { oneTenant, TestProxy } from "./proxy.ts";
import { answering, ok, RawOrigin } from "./raw-origin.ts";
import { TOKEN } from "./tail-reader.ts";

const SCRIPT = `import { definePhases, log } from "sluice";
export default definePhases({ logging(session) { log.info("logged " + session.request.target); } });
`;

const origin = await RawOrigin.start(answering(ok()));
after(() => origin[Symbol.asyncDispose]());
const config = oneTenant({ origin: [origin.address] }, { script: "main.ts" });
const start = () => TestProxy.start({ files: { "main.ts": SCRIPT }, config });

const run = (proxy: TestProxy, ...args: string[]) =>
  sluice([...args, "--admin", proxy.admin], {
    env: { SLUICE_ADMIN_TOKEN: TOKEN, NO_COLOR: "1" },
  });

test("reload says what changed, or why nothing did", async () => {
  await using proxy = await start();
  const none = await run(proxy, "reload");
  assert.equal(none.status, 0, none.stderr);
  assert.match(none.stdout, /^reloaded in \d+ ms: nothing changed \(revision 1\)\n$/);

  await proxy.write("main.ts", SCRIPT.replace("logged", "seen"));
  const changed = await run(proxy, "reload", "--json");
  assert.deepEqual(JSON.parse(changed.stdout).changed, ["demo"]);

  await proxy.write("sluice.yaml", "workers: many\n");
  const refused = await run(proxy, "reload");
  assert.deepEqual([refused.status, refused.stdout], [1, ""]);
  assert.match(refused.stderr, /^sluice: the proxy refused \(422\): The reload was refused/);
  assert.match(refused.stderr, /\nsluice: {3}\S*sluice\.yaml:1:\d+: workers/);
});

test("the admin address is found in the configuration of the proxy", async () => {
  await using proxy = await start();
  const address = proxy.admin.slice("http://".length);
  await proxy.configure({ ...config, admin: { address } });
  const env = { SLUICE_ADMIN_URL: undefined, SLUICE_ADMIN_TOKEN: TOKEN };
  const { status, stdout, stderr } = await sluice(["reload", "-c", proxy.file], { env });
  assert.equal(status, 0, stderr);
  assert.match(stdout, /^reloaded in/);
});

test("a wrong token is refused, and what to give is said", async () => {
  await using proxy = await start();
  const env = { SLUICE_ADMIN_URL: proxy.admin, SLUICE_ADMIN_TOKEN: "wrong-wrong-wrong-wrong" };
  const { status, stderr } = await sluice(["reload"], { env });
  assert.equal(status, 1);
  assert.match(stderr, /refused \(401\).*\n.*SLUICE_ADMIN_TOKEN/);
});

test("handover names the new process, which serves", async () => {
  await using proxy = await start();
  const { status, stdout, stderr } = await run(proxy, "handover");
  assert.equal(status, 0, stderr);
  const [, pid] = /^handed over to process (\d+)\n$/.exec(stdout) ?? [];
  await proxy.waitFor(() => proxy.pids().length === 2);
  assert.deepEqual(proxy.pids(), [proxy.process.pid, Number(pid)]);
  assert.equal(await proxy.exited(), 0);
  const response = await fetch(proxy.url, { headers: { connection: "close" } });
  assert.equal(response.status, 200);
});

test("a handover that fails is told, and the old process serves on", async () => {
  await using proxy = await start();
  await proxy.write("sluice.yaml", "workers: many\n");
  const { status, stderr } = await run(proxy, "handover");
  assert.equal(status, 1);
  assert.match(stderr, /refused \(503\): The handover failed, this process serves on: .*workers/);
});

test("tail prints lines as they come, and goes on after a handover", async () => {
  await using proxy = await start();
  const { main, env } = await builtProgram();
  const child = spawn(
    process.execPath,
    [main, "tail", "--tenant", "demo", "--admin", proxy.admin],
    {
      env: { ...process.env, ...env, SLUICE_ADMIN_TOKEN: TOKEN },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  const closed = once(child, "close");
  const notices = createInterface(child.stderr)[Symbol.asyncIterator]();
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const get = (path: string) => fetch(proxy.url + path, { headers: { connection: "close" } });
  const next = async () => JSON.parse((await lines.next()).value ?? "null");

  assert.match((await notices.next()).value ?? "", /^sluice: reading/);
  await get("/one");
  assert.deepEqual([(await next()).msg, (await next()).target], ["logged /one", "/one"]);

  proxy.signal("SIGUSR2");
  assert.match((await notices.next()).value ?? "", /the proxy ended the stream/);
  assert.equal(await proxy.exited(), 0);
  assert.match((await notices.next()).value ?? "", /reading again/);
  await get("/two");
  assert.equal((await next()).msg, "logged /two");

  child.kill("SIGINT");
  await closed;
  assert.deepEqual([child.exitCode, child.signalCode], [0, null]);
});

test("tail of a tenant that is not there is refused", async () => {
  await using proxy = await start();
  const { status, stderr } = await run(proxy, "tail", "--tenant", "nobody");
  assert.equal(status, 1);
  assert.match(stderr, /refused \(404\): There is no tenant nobody\. Those that there are: demo\./);
});
