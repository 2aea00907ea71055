// Peers that a tenant's script returns obey `egress`, on either transport; its groups do not.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { oneTenant, TestProxy } from "./proxy.ts";
import { exchange } from "./raw-client.ts";
import { answering, ok, RawOrigin } from "./raw-origin.ts";

const SCRIPT = `import { definePhases } from "sluice";
export default definePhases({
  upstreamPeer: ({ request }) => JSON.parse(request.headers.get("peer") ?? "null") ?? undefined,
});`;

const origin = await RawOrigin.start(answering(ok("a group's")));
const inside = await RawOrigin.start(answering(ok("inside")));
const allowed = await RawOrigin.start(answering(ok("allowed")));
const proxy = await TestProxy.start({
  files: { "main.ts": SCRIPT },
  config: oneTenant(
    { origin: [origin.address] },
    { script: "main.ts", isolation: "process", egress: [allowed.address] },
  ),
});
for (const one of [proxy, origin, inside, allowed]) after(() => one[Symbol.asyncDispose]());

async function run(peer: unknown): Promise<[number, string]> {
  const head = `GET / HTTP/1.1\r\nHost: a.example\r\nPeer: ${JSON.stringify(peer)}\r\n\r\n`;
  const { status, body } = await exchange(proxy.port, head);
  return [status, status === 200 ? body : JSON.parse(body).code];
}

test("a group is reached, and a peer that egress allows", async () => {
  assert.deepEqual(await run(null), [200, "a group's"]);
  assert.deepEqual(await run("origin"), [200, "a group's"]);
  assert.deepEqual(await run({ address: allowed.address }), [200, "allowed"]);
  assert.deepEqual(await run({ address: allowed.address, transport: "undici" }), [200, "allowed"]);
});

for (const transport of ["sluice", "undici"]) {
  test(`${transport}: any other peer inside is 502 peer_forbidden`, async () => {
    const port = Number(inside.address.split(":").at(-1));
    for (const host of ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "0.0.0.0"]) {
      const answer = await run({ address: `${host}:${port}`, transport });
      assert.deepEqual(answer, [502, "peer_forbidden"], host);
    }
    // also where a group has a connection to it
    const answer = await run({ address: origin.address, transport });
    assert.deepEqual(answer, [502, "peer_forbidden"]);
  });
}
