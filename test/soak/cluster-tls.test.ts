// Three proxies whose admin addresses speak TLS, set up as docs/cluster.md says: an authority of
// one's own issues a certificate for each, callers show one, and each asks the others.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { request } from "node:https";
import { join } from "node:path";
import { after, test } from "node:test";
import { sluice } from "../cli/fake-admin.ts";
import { Folder, KEY } from "../control/store-stand.ts";
import { newStore, server, skip } from "../life/cluster-server.ts";
import { plainOrigin, served, until } from "../life/cluster-stand.ts";
import { TOKEN, WITH_TOKEN } from "../life/control.ts";
import { oneTenant, TestProxy } from "../life/proxy.ts";
import { Authority } from "../support/authority.ts";
import type { Certificate } from "../support/certificates.ts";
import { freePort } from "../support/free-port.ts";
import { kill } from "../support/kill.ts";

after(() => server?.[Symbol.asyncDispose]());

const MAIN = join(import.meta.dirname, "../../src/cli/main.ts");

test("proxies ask each other over TLS, for whoever has a certificate and a token", {
  skip,
}, async (t) => {
  await using stack = new AsyncDisposableStack();
  const stand = await start(stack);
  await t.test("all are listed, and none gets tokens in the clear", () => list(stand));
  await t.test("usage and top are of all", () => sum(stand));
  await t.test("so is the tail", () => follow(stand));
  await t.test("nobody without a certificate is answered, whatever token it has", async () => {
    const { authority, operator, url } = stand;
    await assert.rejects(asked(url, authority, {}));
    assert.equal(await asked(url, authority, operator), 200);
  });
});

interface Stand {
  readonly authority: Authority;
  /** Certificate of whoever calls. */
  readonly operator: Certificate;
  readonly proxies: readonly TestProxy[];
  /** Admin address of the first. */
  readonly url: string;
  /** Of commands. */
  readonly env: Readonly<Record<string, string>>;
}

const NAMES = ["edge-1", "edge-2", "edge-3"];

async function start(stack: AsyncDisposableStack): Promise<Stand> {
  const origin = stack.use(await plainOrigin());
  const [authority, store] = [await Authority.make(), await newStore()];
  const operator = await authority.issue();
  const folder = stack.use(await Folder.make());
  const proxies: TestProxy[] = [];
  const ports = [await freePort(), await freePort(), await freePort()];
  const urls = ports.map((port) => `https://localhost:${port}`);
  for (const [i, name] of NAMES.entries()) {
    const own = await authority.issue({ names: ["localhost"] });
    const tls = { cert: "admin.pem", key: "admin.key", ca: "ca.pem" };
    const config = {
      ...oneTenant({ origin: [origin.address] }),
      store,
      admin: { address: `127.0.0.1:${ports[i]}`, tls },
      node: { name, address: urls[i], ca: "ca.pem" },
    };
    const files = { "admin.pem": own.cert, "admin.key": own.key, "ca.pem": authority.cert };
    const env = { ...WITH_TOKEN, SLUICE_SECRETS_KEY: KEY };
    proxies.push(stack.use(await TestProxy.start({ files, env, config })));
  }
  const [url = ""] = urls;
  const env = { ...(await environment(folder.path, authority, operator)), SLUICE_ADMIN_URL: url };
  return { authority, operator, proxies, url, env };
}

async function list({ proxies, env }: Stand): Promise<void> {
  await until(async () => {
    const { stdout } = await sluice(["nodes", "list"], { env });
    return stdout.includes("edge-1 *") && NAMES.every((name) => stdout.includes(name));
  });
  const { status, stdout } = await sluice(["status", "--over", "0.1"], { env });
  assert.equal(status, 0, stdout);
  assert.match(stdout, /\nedge-1 of 3 proxies: 3 serving\n/);
  assert.match(stdout, /\nnothing is wrong\n/);
  for (const { lines } of proxies) assert.ok(!lines.some(({ msg }) => /clear/.test(msg ?? "")));
}

async function sum({ proxies, env }: Stand): Promise<void> {
  for (const proxy of proxies) for (let i = 0; i < 5; i++) await served(proxy);
  await until(async () => {
    const { stdout, stderr } = await sluice(["tenant", "usage", "demo", "--json"], { env });
    const { requests, nodes } = JSON.parse(stdout);
    const reasons = nodes.map(({ reason }: { readonly reason: string }) => reason);
    assert.deepEqual(reasons, ["", "", ""], stderr);
    return requests === 15;
  });
  const top = await sluice(["top", "--by-node", "--every", "0.2", "--times", "1"], { env });
  assert.match(top.stdout, /^NODE +TENANT +REQUESTS\/S/);
  for (const name of NAMES) assert.match(top.stdout, new RegExp(`\n${name} +demo `));
}

async function follow({ proxies, env }: Stand): Promise<void> {
  const tail = spawn(process.execPath, [MAIN, "tail", "--tenant", "demo", "--json"], {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  tail.stdout.on("data", (data) => {
    text += String(data);
  });
  try {
    await until(async () => {
      for (const proxy of proxies) await served(proxy);
      return NAMES.every((name) => text.includes(`"node":"${name}"`));
    });
  } finally {
    kill(tail.pid ?? 0);
  }
}

async function environment(folder: string, { cert: ca }: Authority, own: Certificate) {
  const env: Record<string, string> = { SLUICE_ADMIN_TOKEN: TOKEN, NO_COLOR: "1" };
  for (const [name, text] of Object.entries({ ca, cert: own.cert, key: own.key })) {
    const file = join(folder, name);
    await writeFile(file, text);
    env[`SLUICE_ADMIN_${name.toUpperCase()}`] = file;
  }
  return env;
}

async function asked(url: string, { cert: ca }: Authority, own: object): Promise<number> {
  const headers = { authorization: `Bearer ${TOKEN}` };
  const call = request(`${url}/v1/nodes`, { ...own, ca, headers, agent: false });
  call.end();
  const [response] = await once(call, "response");
  response.resume();
  return response.statusCode;
}
