// deploy/compose.yaml: three proxies over one PostgreSQL, behind HAProxy, as one edge.

import assert from "node:assert/strict";
import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import { test } from "node:test";
import { missing } from "../support/debian.ts";
import { missingPostgres } from "../support/postgres.ts";
import { answered, ok, until } from "./cluster-stand.ts";
import { Composed } from "./composed.ts";
import { call, list, versioned } from "./control.ts";
import { httpOrigin } from "./http-origin.ts";
import type { TestProxy } from "./proxy.ts";

const skip = (await missingPostgres()) || (await missing("haproxy", "haproxy"));

test("three proxies behind HAProxy are one edge", { skip }, async (t) => {
  await using origin = await httpOrigin((_request, response) => void response.end("plain"));
  await using composed = await Composed.start();
  const [one, two] = composed.proxies;
  assert.ok(one !== undefined && two !== undefined && composed.proxies.length === 3);
  const settings = { isolation: "inline", upstreams: { pages: { peers: [origin.address] } } };
  ok(await answered(() => call(one, ["PUT", "/tenants/shop"], { hosts: ["*"], ...settings })));
  const deploy = (version: number, rest = {}) => {
    const files = { "main.ts": versioned(version) };
    return call(one, ["POST", "/tenants/shop/deployments"], { files, ...rest });
  };

  await t.test("what is deployed at one is served by all", async () => {
    const { status, body } = await answered(() => deploy(1));
    assert.equal(status, 201, JSON.stringify(body));
    const names = list(body.nodes).map(({ name }) => String(name));
    assert.deepEqual(names.sort(), ["edge-1", "edge-2", "edge-3"]);
    // one that is late with its answers to two checks is passed over until the next one
    await until(async () => {
      const before = await requests(composed.proxies);
      for (let i = 0; i < 6; i++) assert.equal(await asked(composed.port), "200 1 1");
      const after = await requests(composed.proxies);
      return after.every((count, i) => count - (before[i] ?? 0) === 2);
    });
  });

  await t.test("a client has the same version at each of them", async () => {
    ok(await answered(() => deploy(2, { percent: 50 })));
    const { body } = await call(one, ["GET", "/tenants/shop/traffic"]);
    const stickyBy = { kind: "header", name: "x-client" };
    const versions = list(body.versions);
    const traffic = { versions, stickyBy };
    ok(await answered(() => call(one, ["PUT", "/tenants/shop/traffic"], traffic)));
    const dealt = async (client: string) => {
      const all = await Promise.all([1, 2, 3].map(() => asked(composed.port, client)));
      return new Set(all).size === 1 ? all[0] : all.join();
    };
    const clients = Array.from({ length: 10 }, (_, i) => `client ${i}`);
    await until(async () => {
      const seen = await Promise.all(clients.map(dealt));
      return seen.every((version) => version === "200 1 1" || version === "200 2 2");
    });
  });

  await t.test("one that is drained and stopped is missed by nobody", async () => {
    const { body } = await call(two, ["GET", "/nodes"]);
    const self = list(body.nodes).find((node) => node.self);
    ok(await answered(() => call(one, ["POST", `/nodes/${String(self?.id)}/drain`])));
    await until(async () => {
      const before = await requests([two]);
      for (let i = 0; i < 3; i++) assert.match(await asked(composed.port), /^200/);
      return (await requests([two])).join() === before.join();
    });
    await two.stop();
    for (let i = 0; i < 6; i++) assert.match(await asked(composed.port), /^200/);
  });
});

/** Status and version. */
async function asked(port: number, client = "somebody"): Promise<string> {
  const headers = { connection: "close", "x-client": client };
  const [response]: IncomingMessage[] = await once(
    get({ port, host: "127.0.0.1", headers }),
    "response",
  );
  response?.resume();
  return `${response?.statusCode} ${response?.headers["x-version"]}`;
}

/** How many each has answered. */
const requests = (proxies: readonly TestProxy[]): Promise<number[]> =>
  Promise.all(
    proxies.map(async (proxy) => {
      const { body } = await call(proxy, ["GET", "/tenants/shop/usage"]);
      return Number(body.requests);
    }),
  );
