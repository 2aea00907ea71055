// Connections that the origin has closed while they were idle, and whose end is not here yet: what
// goes out on one of them comes to nothing, and goes out again on a new one where it may.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { nearSide } from "./near-side.ts";
import { exchange, RawClient } from "./raw-client.ts";
import { type Behaviour, type OriginConnection, ok } from "./raw-origin.ts";

const SCRIPT = `
  import { definePhases, log } from "sluice";
  export default definePhases({
    newCtx: () => ({ connections: [] }),
    connectedToUpstream(session, ctx) {
      ctx.connections.push(session.attempt + (session.upstream.reused ? " reused" : " new"));
    },
    upstreamRequestFilter({ upstreamRequest }) {
      const method = upstreamRequest.headers.get("x-method");
      if (method !== null) upstreamRequest.method = method;
    },
    logging(session, ctx) {
      if (session.request.target === "/") log.info(ctx.connections.join(", "));
    },
  });`;

const { origin, proxy } = await nearSide({
  tenant: { script: "main.ts", maxRetries: 0 },
  files: { "main.ts": SCRIPT },
});

/** Answers one request a connection; the next one finds it closed. */
const fading: Behaviour = (connection) => {
  const requests = connection.text.split(" HTTP/1.1\r\n").length - 1;
  if (requests > 1) connection.socket.resetAndDestroy();
  else if (connection.text.includes("/held")) held.add(connection);
  else if (requests === 1) connection.send(ok("fine"));
};
const held = new Set<OriginConnection>();

const ask = (method: string, ...lines: string[]): string =>
  `${method} / HTTP/1.1\r\n${["Host: a", ...lines].join("\r\n")}\r\n\r\n`;

/** As many idle connections, all of which the origin has given up. */
async function rest(count: number): Promise<void> {
  await using clients = new AsyncDisposableStack();
  const all = [];
  for (let i = 0; i < count; i++) {
    const client = clients.use(await RawClient.to(proxy.port));
    all.push(client.send("GET /held HTTP/1.1\r\nHost: a\r\n\r\n"));
  }
  await origin.until(() => held.size === count, "requests");
  for (const connection of held) connection.send(ok("held"));
  for (const client of all) await client.response();
}

/** What logging saw of the connections of an exchange. */
async function connectionsOf(request: string): Promise<readonly [number, string]> {
  const before = proxy.scriptLines().length;
  const { status } = await exchange(proxy.port, request);
  await proxy.waitFor(() => proxy.scriptLines().length > before);
  return [status, proxy.scriptLines()[before] ?? ""];
}

beforeEach(async () => {
  await origin.reset(fading);
  held.clear();
});

test("several stale connections cost a GET no attempt: it goes out on a new one", async () => {
  await rest(3);
  assert.deepEqual(await connectionsOf(ask("GET")), [200, "1 reused, 1 new"]);
  assert.equal(origin.connections.length, 4);
});

test("one that was stale takes those with it that had rested longer", async () => {
  await rest(3);
  assert.deepEqual(await connectionsOf(ask("POST", "Content-Length: 0")), [502, "1 reused"]);
  assert.deepEqual(await connectionsOf(ask("POST", "Content-Length: 0")), [200, "1 new"]);
});

for (const method of ["PROPFIND", "REPORT", "SEARCH", "QUERY", "MKCOL", "UNLOCK", "DELETE"]) {
  test(`${method} is idempotent, and goes out again`, async () => {
    await rest(1);
    const [status] = await connectionsOf(ask(method, "Content-Length: 0"));
    assert.equal(status, 200);
  });
}

for (const method of ["PATCH", "LOCK", "propfind", "BREW"]) {
  test(`${method} is not, and does not`, async () => {
    await rest(1);
    assert.deepEqual(await connectionsOf(ask(method, "Content-Length: 0")), [502, "1 reused"]);
  });
}

test("what counts is the method that was sent: a GET that a hook made a POST is one", async () => {
  await rest(1);
  assert.deepEqual(await connectionsOf(ask("GET", "X-Method: POST")), [502, "1 reused"]);
  const [status] = await connectionsOf(ask("POST", "Content-Length: 0", "X-Method: PUT"));
  assert.equal(status, 200);
});
