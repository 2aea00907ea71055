// Where a tenant's scripts may fetch from: public addresses and its egress list, judged where the
// connection is made, in every spelling, and at every redirect.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { after, test } from "node:test";
import { NameServer } from "../upstream/name-server.ts";
import { FetchStand } from "./fetch-stand.ts";
import { httpOrigin } from "./http-origin.ts";
import { RawOrigin } from "./raw-origin.ts";

/** Nobody may get here but by the tenant's own group. */
const inside = await RawOrigin.start((connection) => {
  connection.send("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\ninside");
});
const insidePort = inside.address.split(":").at(-1);

const PLACES = [
  "127.0.0.1",
  "0x7f.1",
  "0177.0.0.1",
  "2130706433",
  "127.1",
  "①②⑦.⓪.⓪.①",
  "127.0.0.1.",
  "0",
  "0.0.0.0",
  "localhost",
  "localhost.",
  "[::1]",
  "[::]",
  "[::ffff:127.0.0.1]",
  "[::ffff:7f00:1]",
  "[64:ff9b::127.0.0.1]",
  "10.0.0.1",
  "169.254.169.254",
  "0xa9fea9fe",
  "[fe80::1]",
  "[fd00::1]",
].map((host) => `http://${host}:${insidePort}/`);

/** The one that the tenant may reach: it sends clients to where they ask. */
const allowed = await httpOrigin((request, response) => {
  const to = decodeURIComponent(new URL(`http://a${request.url}`).searchParams.get("to") ?? "");
  if (to === "") return response.end("allowed");
  return response.writeHead(302, { location: Buffer.from(to).toString("latin1") }).end();
});

/** What each name is said to be, in the order of the questions; the last holds from then on. */
const NAMES: Readonly<Record<string, readonly (readonly string[])[]>> = {
  "turns.example": [["127.0.0.1"], ["127.0.0.2"]],
  "turned.example": [["127.0.0.2"], ["127.0.0.1"]],
  "mixed.example": [["127.0.0.2", "127.0.0.1", "10.0.0.1"]],
  "mapped.example": [["127.0.0.2"]],
};
const countOf = (name: string): number => names.asked.filter((one) => one === `${name} 4`).length;
const names = await NameServer.start((name, family) => {
  if (family === 6) return name === "mapped.example" ? ["64:ff9b::127.0.0.1", "fd00::1"] : [];
  const said = NAMES[name] ?? [];
  return said[Math.min(countOf(name), said.length) - 1] ?? [];
});

/** On the port of the one that may be reached. */
const beside = createServer((_request, response) => response.end("inside"));
let besideCount = 0;
beside.on("connection", () => besideCount++);
const allowedPort = Number(allowed.address.split(":").at(-1));
beside.listen(allowedPort, "127.0.0.2");
await once(beside, "listening");
after(() => beside.close());

const stand = await FetchStand.start({
  lane: "process",
  env: { NAME_SERVER: names.address },
  nodeArgs: ["--import", new URL("./name-server.mjs", import.meta.url).href],
  upstreams: { inner: [inside.address] },
  tenant: { egress: [allowed.address], limits: { subrequests: 100 } },
});
for (const one of [stand, inside, allowed, names]) after(() => one[Symbol.asyncDispose]());

/** By the check, or for a name or a host that is none. */
const REFUSED = /^TypeError: fetch: (?!.*connect_refused)/;

test("what egress allows is reached, and the tenant's own group", async () => {
  assert.equal((await stand.one({ url: `http://${allowed.address}/` })).body, "allowed");
  const own = await stand.one({ url: "http://any.example/a", init: { upstream: "inner" } });
  assert.equal(own.body, "inside");
  assert.match(inside.connections[0]?.text ?? "", /^GET \/a HTTP\/1\.1\r\nHost: any\.example\r\n/);
});

test("no other address inside is reached, however it is written", async () => {
  const before = inside.connections.length;
  const told = await stand.fetch(...PLACES.map((url) => ({ url })));
  for (const [i, { error }] of told.entries()) assert.match(error ?? "", REFUSED, PLACES[i] ?? "");
  assert.equal(inside.connections.length, before);
});

test("nor by a redirect of a service that may be asked", async () => {
  const before = inside.connections.length;
  const url = (to: string): string => `http://${allowed.address}/?to=${encodeURIComponent(to)}`;
  const places = [...PLACES, "file:///etc/passwd", "data:,a", "about:blank", "http://a:b@c/"];
  const told = await stand.fetch(...places.map((to) => ({ url: url(to) })));
  for (const [i, { error }] of told.entries())
    assert.match(error ?? "", /^TypeError/, places[i] ?? "");
  assert.equal(inside.connections.length, before);
});

test("nor by a redirect of the group, which leads out of it", async () => {
  const { error } = await stand.one({
    url: `http://${inside.address}/`,
    init: { headers: { host: inside.address } },
  });
  assert.match(error ?? "", REFUSED);
});

test("a port of another protocol is not for tenants", async () => {
  for (const port of [22, 25, 6000]) {
    const { error } = await stand.one({ url: `http://example.com:${port}/` });
    assert.equal(error, `TypeError: fetch: port ${port} is for another protocol`);
  }
});

test("a name is resolved once for a connection, and connected to is what was judged", async () => {
  const init = { headers: { connection: "close" } };
  const ask = (name: string) => stand.one({ url: `http://${name}:${allowedPort}/`, init });
  assert.equal((await ask("turns.example")).body, "allowed");
  assert.equal(countOf("turns.example"), 1);
  for (const name of ["turned.example", "mapped.example"]) {
    const { error } = await ask(name);
    assert.match(error ?? "", /^TypeError: fetch: .*\(peer_forbidden\)$/, name);
    assert.equal(countOf(name), 1);
  }
  // also by a redirect, and where only some of the addresses are inside
  const turned = encodeURIComponent(`http://turned.example:${allowedPort}/`);
  const url = `http://${allowed.address}/?to=${turned}`;
  assert.match((await stand.one({ url })).error ?? "", REFUSED);
  assert.equal((await ask("mixed.example")).body, "allowed");
  assert.equal(besideCount, 0);
});
