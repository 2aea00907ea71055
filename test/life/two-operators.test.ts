// Two operators at once, each at a shell of their own: of two who change the same thing one hears
// of it, and of two who deploy nobody's work is lost.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { after, test } from "node:test";
import { sluice } from "../cli/fake-admin.ts";
import { call, deploy, list, versioned, WITH_TOKEN } from "./control.ts";
import { httpOrigin } from "./http-origin.ts";
import { oneTenant, TestProxy } from "./proxy.ts";

const origin = await httpOrigin((_request, response) => void response.end("origin"));
const proxy = await TestProxy.start({
  config: { store: "memory", workers: 2, ...oneTenant({ pages: [origin.address] }) },
  env: WITH_TOKEN,
});
after(async () => {
  await proxy[Symbol.asyncDispose]();
  await origin[Symbol.asyncDispose]();
});

/** One operator's command line. */
const operator = (line: string, input = "", admin = proxy.admin) =>
  sluice([...line.split(" "), "--admin", admin], { env: { ...WITH_TOKEN, NO_COLOR: "1" }, input });

const shop = (...hosts: string[]) => ({
  hosts,
  upstreams: { pages: { peers: [origin.address] } },
});

const hostsOf = async (tenant: string): Promise<unknown> =>
  (await call(proxy, ["GET", `/tenants/${tenant}`])).body.settings?.hosts;

test("of two who replace what both have seen, one is told that it is not as it was", async () => {
  const made = await call(proxy, ["PUT", "/tenants/shop"], shop("shop.example"));
  assert.equal(made.status, 201);
  const seen = String(made.body.revision);
  const wishes = ["left.example", "right.example"];
  const endings = await Promise.all(
    wishes.map((host) =>
      operator(`tenant put shop -f - --if-match ${seen}`, JSON.stringify(shop(host))),
    ),
  );
  const won = endings.findIndex(({ status }) => status === 0);
  assert.deepEqual(endings.map(({ status }) => status).sort(), [0, 1]);
  const { revision } = (await call(proxy, ["GET", "/tenants/shop"])).body;
  assert.equal(endings[won]?.stdout, `tenant shop serves, revision ${revision}\n`);
  const refusal = new RegExp(`refused \\(412\\): .*"${seen}" .*it is "${revision}"`);
  assert.match(endings[1 - won]?.stderr ?? "", refusal);
  assert.deepEqual(await hostsOf("shop"), [wishes[won]]);
});

test("deployments of two to one tenant come one after the other, and none is lost", async () => {
  const texts = ["a", "b", "c", "d", "e", "f"];
  const made = await Promise.all(
    texts.map((own) => deploy(proxy, versioned(own), { message: own })),
  );
  assert.deepEqual(new Set(made.map(({ status }) => status)), new Set([201]));
  const versions = made.map(({ body }) => Number(body.version));
  assert.deepEqual(versions.toSorted(), [1, 2, 3, 4, 5, 6]);
  const history = list((await call(proxy, ["GET", "/tenants/demo/deployments"])).body.deployments);
  const kept = history.map(({ version, message }) => `${version} ${message}`);
  assert.deepEqual(kept.toSorted(), texts.map((own, i) => `${versions[i]} ${own}`).toSorted());
  const last = texts[versions.indexOf(6)];
  const seen = await Promise.all(
    Array.from({ length: 16 }, async () => {
      const response = await fetch(proxy.url, { headers: { connection: "close" } });
      return response.headers.get("x-version");
    }),
  );
  assert.deepEqual(new Set(seen), new Set([`${last} ${last}`]));
});

test("an apply changes nothing that somebody else has changed since it showed the difference", async () => {
  const document = (host: string) => JSON.stringify({ tenants: { cafe: shop(host) } });
  assert.equal((await operator("apply -f - --yes", document("first.example"))).status, 0);
  await using slow = await holdingChanges(proxy.admin, async () => {
    const other = await operator("apply -f - --yes", document("other.example"));
    assert.match(other.stdout, /cafe: changed/);
  });
  const late = await operator("apply -f - --yes", document("late.example"), slow.url);
  assert.equal(late.status, 1);
  assert.match(late.stdout, /"first\.example".* → .*"late\.example"/);
  assert.match(late.stderr, /refused \(412\)/);
  assert.deepEqual(await hostsOf("cafe"), ["other.example"]);
});

test("of two who apply the same new tenant, one makes it and the other is told", async () => {
  const document = (host: string) => JSON.stringify({ tenants: { kiosk: shop(host) } });
  await using slow = await holdingChanges(proxy.admin, async () => {
    assert.equal((await operator("apply -f - --yes", document("first.example"))).status, 0);
  });
  const late = await operator("apply -f - --yes", document("late.example"), slow.url);
  assert.equal(late.status, 1);
  assert.match(late.stderr, /refused \(412\)/);
  assert.deepEqual(await hostsOf("kiosk"), ["first.example"]);
});

/** The admin API, but before the first change that comes this way something else happens. */
async function holdingChanges(admin: string, before: () => Promise<void>) {
  let isFirst = true;
  const server = createServer(async (request, response) => {
    const { method = "", url = "", headers } = request;
    const body = await text(request);
    if (url === "/v1/apply" && isFirst) {
      isFirst = false;
      await before();
    }
    const sent = Object.entries(headers).filter(([name]) => PASSED.includes(name));
    const answer = await fetch(admin + url, {
      method,
      headers: { ...Object.fromEntries(sent.map(([name, value]) => [name, String(value)])) },
      ...(body === "" ? {} : { body }),
    });
    const etag = answer.headers.get("etag");
    response.writeHead(answer.status, etag === null ? {} : { etag });
    response.end(await answer.text());
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, "127.0.0.1", resolve);
  await promise;
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const PASSED = ["authorization", "content-type", "if-match", "if-none-match"];
