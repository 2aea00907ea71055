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
  await using stand = new AsyncDisposableStack();
  const origin = stand.use(await plainOrigin());
  const [authority, store] = [await Authority.make(), await newStore()];
  const operator = await authority.issue();
  const folder = stand.use(await Folder.make());
  const env = await environment(folder.path, authority, operator);
  const proxies: TestProxy[] = [];
  const urls: string[] = [];
  for (const name of ["edge-1", "edge-2", "edge-3"]) {
    const port = await freePort();
    const own = await authority.issue({ names: ["localhost"] });
    urls.push(`https://localhost:${port}`);
    const options = {
      files: { "admin.pem": own.cert, "admin.key": own.key, "ca.pem": authority.cert },
      env: { ...WITH_TOKEN, SLUICE_SECRETS_KEY: KEY },
      config: {
        ...oneTenant({ origin: [origin.address] }),
        store,
        admin: {
          address: `127.0.0.1:${port}`,
          tls: { cert: "admin.pem", key: "admin.key", ca: "ca.pem" },
        },
        node: { name, address: urls.at(-1), ca: "ca.pem" },
      },
    };
    proxies.push(stand.use(await TestProxy.start(options)));
  }
  const [first = "", second = ""] = urls;
  const asOperator = { ...env, SLUICE_ADMIN_URL: first };
  const run = (...args: string[]) => sluice(args, { env: asOperator });

  await t.test("all are listed, and none gets tokens in the clear", async () => {
    await until(async () => {
      const { stdout } = await run("nodes", "list");
      return ["edge-1 *", "edge-2", "edge-3"].every((name) => stdout.includes(name));
    });
    const { status, stdout } = await run("status", "--over", "0.1");
    assert.equal(status, 0, stdout);
    assert.match(stdout, /\nedge-1 of 3 proxies: 3 serving\n/);
    assert.match(stdout, /\nnothing is wrong\n/);
    for (const { lines } of proxies) assert.ok(!lines.some(({ msg }) => /clear/.test(msg ?? "")));
  });

  await t.test("usage and top are of all", async () => {
    for (const proxy of proxies) for (let i = 0; i < 5; i++) await served(proxy);
    await until(async () => {
      const { stdout, stderr } = await run("tenant", "usage", "demo", "--json");
      const { requests, nodes } = JSON.parse(stdout);
      assert.deepEqual(
        nodes.map(({ reason }: { readonly reason: string }) => reason),
        ["", "", ""],
        stderr,
      );
      return requests === 15;
    });
    const top = await run("top", "--by-node", "--every", "0.2", "--times", "1");
    assert.match(top.stdout, /^NODE +TENANT +REQUESTS\/S/);
    for (const name of ["edge-1", "edge-2", "edge-3"]) {
      assert.match(top.stdout, new RegExp(`\n${name} +demo `));
    }
  });

  await t.test("so is the tail", async () => {
    const args = [MAIN, "tail", "--tenant", "demo", "--json"];
    const tail = spawn(process.execPath, args, {
      env: { ...process.env, ...asOperator },
      stdio: ["ignore", "pipe", "inherit"],
    });
    let text = "";
    tail.stdout.on("data", (data) => {
      text += String(data);
    });
    try {
      await until(async () => {
        for (const proxy of proxies) await served(proxy);
        return ["edge-1", "edge-2", "edge-3"].every((name) => text.includes(`"node":"${name}"`));
      });
    } finally {
      kill(tail.pid ?? 0);
    }
  });

  await t.test("nobody without a certificate is answered, whatever token it has", async () => {
    await assert.rejects(asked(second, authority, {}));
    assert.equal(await asked(second, authority, operator), 200);
  });
});

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
