// A name that stands for all its addresses, with a name server of the test's own: they come and go
// as it says, and stay as they are when it fails.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import { after, test } from "node:test";
import { NameServer } from "../upstream/name-server.ts";
import { type Answer, ask } from "./ask.ts";
import { call, list, WITH_TOKEN } from "./control.ts";
import { TestProxy } from "./proxy.ts";

/** By the address at which they came in. */
const held = new Map<string, ServerResponse>();
/** Hosts that checks have asked for. */
const checked = new Set<string>();
const origin = createServer((request, response) => {
  const address = request.socket.localAddress ?? "";
  if (request.url === "/check") checked.add(request.headers.host ?? "");
  if (request.url === "/held") held.set(address, response);
  else response.end(address);
}).listen(0, "0.0.0.0");
await once(origin, "listening");
after(() => {
  origin.close();
  origin.closeAllConnections();
});
const at = origin.address();
const port = at === null || typeof at === "string" ? 0 : at.port;

let said: readonly string[] | number = ["127.0.0.2", "127.0.0.3"];
const names = await NameServer.start((name, family) =>
  name === "shop.example" && family === 4 ? said : typeof said === "number" ? said : [],
);
after(() => names[Symbol.asyncDispose]());
names.ttlS = 1;
const peers = [`shop.example:${port}`];
const group = (more: object = {}) => ({
  main: { peers, resolve: { servers: [names.address] }, slowStartMs: 60_000, ...more },
});
const proxy = await TestProxy.start({
  env: WITH_TOKEN,
  config: {
    store: "memory",
    tenants: {
      demo: { hosts: ["demo.test"], upstreams: group() },
      checked: {
        hosts: ["checked.test"],
        upstreams: group({ health: { path: "/check", intervalMs: 200, fastIntervalMs: 50 } }),
      },
    },
  },
});

after(() => proxy[Symbol.asyncDispose]());

const addressesSince = (since: number, tenant = "demo") =>
  proxy.waitFor(
    (line) =>
      proxy.lines.indexOf(line) >= since &&
      line.msg === "a name has these addresses" &&
      line.tenant === tenant,
  );
await addressesSince(0);

const asked = async (count: number, tenant = "demo"): Promise<string[]> => {
  const answers: Promise<Answer>[] = Array.from({ length: count }, () => ask(proxy, tenant));
  return (await Promise.all(answers)).map(({ body }) => body).sort();
};

test("every address of a name is a peer, and each gets its share from the start", async () => {
  const counts = Map.groupBy(await asked(40), (address) => address);
  assert.deepEqual([...counts.keys()], ["127.0.0.2", "127.0.0.3"]);
  for (const { length } of counts.values()) assert.ok(length > 15, `${length} of 40`);
  const { body } = await call(proxy, ["GET", "/tenants/demo/upstreams"]);
  const found = list(list(body.upstreams)[0]?.peers).map(({ address, origin: from }) => [
    address,
    from,
  ]);
  const wanted = ["127.0.0.2", "127.0.0.3"].map((address) => [`${address}:${port}`, "file"]);
  assert.deepEqual(found, wanted);
});

test("an address that goes gets no requests, and keeps what is under way there", async () => {
  const slow = ask(proxy, "demo", { path: "/held" });
  while (held.size === 0) await new Promise(setImmediate);
  const [[gone = "", response] = []] = held;
  const since = proxy.lines.length;
  const kept = gone === "127.0.0.2" ? "127.0.0.3" : "127.0.0.2";
  said = [kept, "127.0.0.4"];
  await addressesSince(since);
  const answers = await asked(30);
  assert.equal(answers.includes(gone), false);
  // one that comes gets a tenth of its share at first
  const fresh = answers.filter((address) => address === "127.0.0.4").length;
  assert.ok(fresh >= 1 && fresh <= 8, `${fresh} of 30`);
  response?.end("done");
  assert.equal((await slow).body, "done");
});

test("a server that fails, or knows no such name, changes nothing", async () => {
  const before = new Set(await asked(30));
  for (const failure of [2, 3]) {
    const since = names.asked.length;
    said = failure;
    const isNamed = (query: string): boolean => query === "shop.example 4";
    while (names.asked.slice(since).filter(isNamed).length < 3) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    assert.deepEqual(new Set(await asked(30)), before);
  }
  await proxy.waitFor(({ msg }) => msg === "a name has no addresses: the last ones stay");
});

test("an address that comes is checked before it gets requests, under the name's Host", async () => {
  const since = proxy.lines.length;
  said = ["127.0.0.5", "127.0.0.6"];
  await addressesSince(since, "checked");
  for (const address of said) {
    const peer = `${address}:${port}`;
    await proxy.waitFor((line) => line.tenant === "checked" && line.peer === peer);
  }
  assert.deepEqual(new Set(await asked(30, "checked")), new Set(["127.0.0.5", "127.0.0.6"]));
  assert.deepEqual([...checked], [`shop.example:${port}`]);
});
