// How a proxy asks the others that share its store: over TLS, whom it believes and what it shows;
// and where tokens would go in the clear.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { after, test } from "node:test";
import * as z from "zod";
import { CLUSTER_LIMITS } from "../../src/base/cluster-limits.ts";
import { LIMITS } from "../../src/base/limits.ts";
import { faultsOf } from "../../src/control/api/faults.ts";
import type { Node } from "../../src/control/nodes.ts";
import { isInTheClear, OtherNodes, reasonOf } from "../../src/control/other-nodes.ts";
import { overviewOf } from "../../src/observe/overview.ts";
import { Authority } from "../support/authority.ts";

const NODE: Node = {
  ...{ id: "own", name: "edge-1", version: "1", startedAtMs: 0, silentMs: 0 },
  ...{ revision: 7, refusal: null, isLive: true, isDrained: false },
  ...{ isGuardian: false, address: "" },
  figures: { requests: 0, errors: 0, requestsActive: 0, connections: 0 },
};

const [authority, stranger] = [await Authority.make(), await Authority.make("a stranger")];
const [own, foreign] = [
  await authority.issue({ names: ["localhost"] }),
  await stranger.issue({ names: ["localhost"] }),
];
const TLS = { ...own, ca: authority.cert, requestCert: true };
const server = createServer(TLS, ({ headers }, response) =>
  response.end(JSON.stringify({ asked: headers["sluice-node"], by: headers.authorization })),
);
server.listen(0, "127.0.0.1");
await once(server, "listening");
after(() => server.close());
const { port } = server.address() as AddressInfo;

/** What one at this host answers to who has this. */
async function answer(tls: object, host = "localhost"): Promise<string> {
  const other = { ...NODE, id: "other", name: "edge-2", address: `https://${host}:${port}` };
  const nodes = [NODE, other];
  const list = async () => ({ nodes, newest: 7, asOfMs: 0, isStale: false });
  const others = new OtherNodes({ id: "own", list }, tls);
  const schema = z.object({ asked: z.string(), by: z.string() });
  const question = { path: "/v1/usage", authorization: "Bearer t" };
  const [first] = await others.ask(nodes, question, schema);
  await others.close();
  return first?.value == null ? String(first?.reason) : `${first.value.asked} ${first.value.by}`;
}

test("another one is asked over TLS, believed by node.ca, and shown the own certificate", async () => {
  assert.equal(await answer({ ...own, ca: authority.cert }), "other Bearer t");
  assert.match(await answer({ ...own, ca: stranger.cert }), /certificate/);
  assert.match(await answer(own), /certificate/, "Node does not trust it");
  assert.match(await answer({ ...own, ca: authority.cert }, "127.0.0.1"), /is for another name/);
  assert.match(await answer({ ...foreign, ca: authority.cert }), /alert|closed/);
  assert.match(await answer({ ca: authority.cert }), /alert|closed/, "it must show one");
});

test("why one is not reached is always said, and never by an address: tenants read it", () => {
  const failed = (facts: object) => Object.assign(new Error("at 10.0.0.7:9090"), facts);
  const unreachable = failed({ code: "EHOSTUNREACH", syscall: "connect" });
  assert.equal(reasonOf(unreachable), "it cannot be reached (EHOSTUNREACH)");
  const unknown = failed({ code: "ENOTFOUND", syscall: "getaddrinfo" });
  assert.equal(reasonOf(unknown), "it cannot be reached (ENOTFOUND)");
  // as Node has it of a name with several addresses
  const each = Object.assign(new AggregateError([unreachable]), { code: "EHOSTUNREACH" });
  assert.equal(reasonOf(each), "it cannot be reached (EHOSTUNREACH)");
  assert.notEqual(reasonOf(new Error("")), "");
  const read = (text: string) => {
    try {
      return JSON.parse(text);
    } catch (thrown) {
      return reasonOf(thrown);
    }
  };
  assert.doesNotMatch(read("root:x:0:0"), /root/, "nor by what is there");
});

test("who is refused by another one hears that it is, not that nothing answers", () => {
  assert.ok(LIMITS.apiRefusalMs < CLUSTER_LIMITS.askMs);
});

test("status warns of tokens that go through the network in the clear", async () => {
  for (const address of ["http://edge-2.example:9090", "http://10.0.0.7:9090", "http://[fd00::7]"])
    assert.ok(isInTheClear(address), address);
  const safe = ["http://127.0.0.1:1", "http://[::1]:1", "http://localhost:1", "https://a", ""];
  for (const address of safe) assert.ok(!isInTheClear(address), address);
  const clear = { ...NODE, id: "b", name: "edge-2", address: "http://10.0.0.7:9090" };
  const faults = async (nodes: readonly Node[]) => {
    const list = { nodes, newest: 7, asOfMs: 0, isStale: false };
    const fresh = { lostAtMs: null, staleSinceMs: null, refusal: null };
    const shared = () => ({ name: "edge-1", ...fresh, list });
    const live = { tenants: () => [], processesOf: () => null };
    const parts = {
      live,
      shared,
      store: null,
      minutes: () => new Map(),
      breakerOf: () => "closed" as const,
    };
    return await faultsOf(parts, overviewOf([], 0), null);
  };
  assert.deepEqual(
    (await faults([NODE, clear])).map(({ text }) => text),
    ["tokens go through the network in the clear to edge-2: give their admin addresses TLS"],
  );
  assert.deepEqual(await faults([clear]), [], "nobody asks it");
});
