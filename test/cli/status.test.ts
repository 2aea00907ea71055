// What `sluice status` prints of one proxy, and of all that share a store.

import assert from "node:assert/strict";
import { test } from "node:test";
import { STATUS } from "../../src/cli/client/usage-answers.ts";
import { statusText } from "../../src/cli/status.ts";

const ONE = {
  ...{ version: "1.2.3", node: "26", pid: 7, startedAt: new Date().toISOString(), ready: true },
  ...{ workers: 2, tenants: 1, cells: 0, isolates: 2, connections: 3, requestsActive: 1 },
  ...{ faults: [], requests: 10, errors: 0, bytesReceived: 0, bytesSent: 0, scriptMs: 0 },
  durations: { boundsMs: [1], counts: [10, 0] },
};
const node = (name: string, reason = "") => ({ id: name, name, reason });
const text = (before: object, after: object): string =>
  statusText(STATUS.parse(before), STATUS.parse(after), 2);

test("one proxy is its process, and what it did in the meantime", () => {
  const said = text(ONE, { ...ONE, requests: 30 });
  assert.match(said, /^sluice 1\.2\.3 on Node 26, process 7: ready, up \d+ s\n2 workers, /);
  assert.match(said, /\nnothing is wrong\n\nin the last 2 s\n {2}requests\/s +10\n/);
});

test("all of them are named, with the one that does not answer and where what is wrong", () => {
  const fault = { severity: "warning", tenant: "shop", text: "suspended" };
  const all = {
    ...ONE,
    nodes: [node("edge-1"), node("edge-2"), node("edge-3\u001b[31m", "no answer within 2 s")],
    faults: [{ ...fault, nodes: ["edge-2"] }],
  };
  const said = text(all, all);
  assert.match(said, /^2 proxies \(edge-1, edge-2\): ready, up \d+ s\n/);
  assert.match(said, /\nwithout edge-3[^\u001b]*: no answer within 2 s\n/);
  assert.match(said, /\nwarning {2}shop: suspended \(edge-2\)\n/);
  assert.match(said, /\nin the last 2 s\n/);
  const other = { ...all, nodes: [node("edge-1"), node("edge-2", "late")] };
  assert.match(text(all, other), /\nother proxies answer than before: no figures$/);
});
