// An upstream that goes down under a new version: no reason to take it back, unless it is the
// version that sends its requests to where nobody listens.

import assert from "node:assert/strict";
import { get, type IncomingMessage } from "node:http";
import { after, test } from "node:test";
import { freePort } from "../support/free-port.ts";
import { call, list, WITH_TOKEN } from "./control.ts";
import { TestProxy } from "./proxy.ts";
import { SocketOrigin } from "./socket-origin.ts";

const dying = await SocketOrigin.start();
const origin = await SocketOrigin.start();
const dead = `127.0.0.1:${await freePort()}`;
const peers = (...addresses: string[]) => ({ peers: addresses });
const proxy = await TestProxy.start({
  config: {
    tenants: {
      outage: { hosts: ["outage.test"], upstreams: { pages: peers(dying.address) } },
      wrong: {
        hosts: ["wrong.test"],
        upstreams: { pages: peers(origin.address), other: peers(dead) },
        defaultUpstream: "pages",
      },
    },
  },
  env: WITH_TOKEN,
});
after(async () => {
  await proxy[Symbol.asyncDispose]();
  await origin[Symbol.asyncDispose]();
});

function ask(tenant: string): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  // fetch would send the Host of the URL
  const headers = { host: `${tenant}.test` };
  const answered = (response: IncomingMessage): void => {
    response.resume().on("end", () => resolve(response.statusCode ?? 0));
  };
  get(proxy.url, { headers, agent: false }, answered).on("error", reject);
  return promise;
}

async function askOften(tenant: string, times: number): Promise<Set<number>> {
  const statuses = new Set<number>();
  for (let i = 0; i < times; i++) statuses.add(await ask(tenant));
  return statuses;
}

async function deploy(tenant: string, body: string): Promise<void> {
  const source = `import { definePhases } from "sluice";\nexport default definePhases({ ${body} });`;
  const path = `/tenants/${tenant}/deployments`;
  const made = await call(proxy, ["POST", path], { files: { "main.ts": source } });
  assert.equal(made.status, 201, JSON.stringify(made.body));
}

/** Requests of its first version that the main thread has heard of. */
async function told(tenant: string): Promise<number> {
  const { body } = await call(proxy, ["GET", `/tenants/${tenant}/versions/stats`]);
  return Number(list(body.versions)[0]?.requests ?? 0);
}

test("a good version outlives an outage, and one that sends to a wrong upstream does not", async () => {
  for (const tenant of ["outage", "wrong"]) {
    await deploy(tenant, "requestFilter() { /* 1 */ }");
    // until the worker has told how the first version does
    do assert.deepEqual(await askOften(tenant, 20), new Set([200]));
    while ((await told(tenant)) < 100);
    await deploy(tenant, tenant === "wrong" ? 'upstreamPeer: () => "other"' : "requestFilter() {}");
  }
  await dying[Symbol.asyncDispose]();
  assert.deepEqual(await askOften("outage", 60), new Set([502]));
  // one worker tells of both at once, so what was seen of the other has been judged by then
  const taken = proxy.waitFor(({ msg }) => msg === "a version that fails was taken back");
  const state = { isBack: false };
  void taken.then(() => {
    state.isBack = true;
  });
  while (!state.isBack) assert.ok([200, 502].includes(await ask("wrong")));
  assert.equal((await taken).tenant, "wrong");
  const served = async (tenant: string) =>
    (await call(proxy, ["GET", `/tenants/${tenant}/traffic`])).body.versions;
  assert.deepEqual(await served("outage"), [{ version: 2, percent: 100 }]);
  assert.deepEqual(await served("wrong"), [{ version: 1, percent: 100 }]);
  assert.deepEqual(await askOften("wrong", 1), new Set([200]));
});
