// Whom a deployment among several proxies waits for, and what it says of the others.

import assert from "node:assert/strict";
import { test } from "node:test";
import { everywhere } from "../../src/control/deploy/everywhere.ts";
import { type Node, type NodeList, type Nodes, stateOf } from "../../src/control/nodes.ts";

const NODE: Node = {
  ...{ id: "a", name: "edge", version: "1", startedAtMs: 0, silentMs: 0 },
  ...{ revision: 7, refusal: null, isLive: true, isDrained: false },
  ...{ isGuardian: false, address: "" },
  figures: { requests: 0, errors: 0, requestsActive: 0, connections: 0 },
};
const BEHIND = { ...NODE, revision: 6 };

/** What the engine says, one after the other, the last of it for ever. */
function nodes(answers: readonly (readonly Node[])[], more: Partial<NodeList> = {}): Nodes {
  const left = [...answers];
  let last: readonly Node[] = [];
  return {
    id: "a",
    setDrained: async () => {},
    list: async () => {
      last = left.shift() ?? last;
      return { nodes: last, newest: 7, asOfMs: 0, isStale: false, ...more };
    },
  };
}

const answered = async (of: Nodes, revision = 7) => {
  const { list, isServed } = await everywhere(of, revision, new AbortController().signal);
  return [isServed, ...list.nodes.map((node) => stateOf(node, list, revision).state)];
};

test("one that is behind is waited for until it serves", async () => {
  assert.deepEqual(await answered(nodes([[NODE, BEHIND], [BEHIND], [NODE, NODE]])), [
    ...[true, "serving", "serving"],
  ]);
});

test("one that refuses is not waited for, and the deployment is not served everywhere", async () => {
  const refusing = { ...BEHIND, refusal: { revision: 7, reason: "no" } };
  assert.deepEqual(await answered(nodes([[NODE, refusing]])), [false, "serving", "refused"]);
});

test("what it refused before says nothing of this one", async () => {
  const refused = { ...BEHIND, refusal: { revision: 6, reason: "no" } };
  assert.deepEqual(await answered(nodes([[refused], [NODE]])), [true, "serving"]);
});

test("one whose lease ended is named, and waited for no longer", async () => {
  const silent = { ...BEHIND, isLive: false };
  assert.deepEqual(
    await answered(
      nodes([
        [NODE, BEHIND],
        [NODE, silent],
      ]),
    ),
    [...[true, "serving", "stale"]],
  );
});

test("nobody can tell while the engine does not answer", async () => {
  const known = nodes([[NODE, BEHIND]], { isStale: true });
  assert.deepEqual(await answered(known), [false, "unknown", "unknown"]);
});

test("a revision of a history that was replaced is none", async () => {
  const ahead = { ...NODE, revision: 9 };
  assert.deepEqual(await answered(nodes([[ahead], [NODE]])), [true, "serving"]);
});
