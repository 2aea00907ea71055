// Which version of a script a client gets, by its share and by a tester's pass.

import assert from "node:assert/strict";
import { test } from "node:test";
import { testerHeader } from "../../src/base/tester-pass.ts";
import { type StickyBy, Versions } from "../../src/downstream/versions.ts";
import type { RequestHead } from "../../src/http1/messages.ts";
import { type Deployment, unexplained } from "../../src/phases/deployment.ts";
import { VersionHealth } from "../../src/phases/version-health.ts";
import { GET, HOST, parse } from "../http1/request-lines.ts";

const KEY = "a key of the test's";
const CLIENTS = 20_000;

const deployment = (number: number): Deployment => ({
  tenant: "demo",
  name: `v${number}`,
  hooks: 0,
  bodies: { request: 0, response: 0 },
  bodyBytesMax: 1,
  lane: { submit: () => assert.fail("nobody runs it"), heapBytes: 0, dispose: () => undefined },
  failOpen: false,
  health: VersionHealth.disabled(),
  explain: unexplained,
  log: () => undefined,
  observe: () => undefined,
  redact: String,
  tenantId: "",
  countFailure: () => undefined,
});

function versions(shares: Readonly<Record<number, number>>, stickyBy?: StickyBy): Versions {
  return new Versions({
    tenant: "demo",
    versions: Object.entries(shares).map(([number, percent]) => ({
      number: Number(number),
      percent,
      deployment: deployment(Number(number)),
    })),
    stickyBy: stickyBy ?? { kind: "address" },
    testerKey: KEY,
  });
}

const PLAIN = parse(GET, HOST);
const address = (i: number): string => `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`;

/** The version that each of many clients gets. */
const dealt = (to: Versions): string[] =>
  Array.from({ length: CLIENTS }, (_, i) => to.pick(PLAIN, address(i))?.name ?? "none");

const share = (names: readonly string[], name: string): number =>
  names.filter((one) => one === name).length / names.length;

test("shares are met, also among three versions", () => {
  const names = dealt(versions({ 7: 70, 8: 20, 9: 10 }));
  for (const [name, wanted] of [
    ["v7", 0.7],
    ["v8", 0.2],
    ["v9", 0.1],
  ] as const) {
    assert.ok(Math.abs(share(names, name) - wanted) < 0.02, `${name}: ${share(names, name)}`);
  }
});

test("a larger share keeps those who had the version before", () => {
  const at10 = dealt(versions({ 7: 90, 8: 10 }));
  const at20 = dealt(versions({ 7: 80, 8: 20 }));
  const lost = at10.filter((name, i) => name === "v8" && at20[i] !== "v8");
  assert.deepEqual(lost, []);
  assert.ok(share(at20, "v8") > 0.18);
});

test("a third version takes its clients from both, and moves nobody between them", () => {
  const before = dealt(versions({ 7: 50, 8: 50 }));
  const after = dealt(versions({ 7: 40, 8: 40, 9: 20 }));
  const moved = before.filter((name, i) => after[i] !== name && after[i] !== "v9");
  assert.deepEqual(moved, []);
});

test("a cookie decides rather than the address, and without it the address does", () => {
  const by = versions({ 7: 50, 8: 50 }, { kind: "cookie", name: "sid" });
  const seen = new Set<string | undefined>();
  for (let i = 0; i < 50; i++) {
    const head = parse(GET, HOST, "Cookie: sid2=x; sid=alice; theme=dark");
    seen.add(by.pick(head, address(i))?.name);
  }
  assert.equal(seen.size, 1);
  const others = Array.from({ length: 50 }, (_, i) => {
    return by.pick(parse(GET, HOST, `Cookie: sid=u${i}`), "10.0.0.1")?.name;
  });
  assert.equal(new Set(others).size, 2);
  assert.equal(new Set(dealt(by)).size, 2);
});

test("a header decides, whatever the case of its name", () => {
  const by = versions({ 7: 50, 8: 50 }, { kind: "header", name: "X-User" });
  const names = Array.from({ length: 50 }, (_, i) => {
    return by.pick(parse(GET, HOST, `x-uSER: u${i}`), "10.0.0.1")?.name;
  });
  assert.equal(new Set(names).size, 2);
});

const asking = (value: string): RequestHead => parse(GET, HOST, `Sluice-Version: ${value}`);
const inAnHour = Math.ceil(Date.now() / 1000) + 3_600;

test("a tester's pass gives the version with no share, which nobody else gets", () => {
  const by = versions({ 7: 100, 8: 0 });
  assert.deepEqual([...new Set(dealt(by))], ["v7"]);
  const pass = testerHeader({ tenant: "demo", version: 8, expiresAt: inAnHour }, KEY);
  assert.equal(by.pick(asking(pass), "10.0.0.1")?.name, "v8");
});

test("a pass that is forged, over, or for another tenant or version is ignored", () => {
  const by = versions({ 7: 100, 8: 0 });
  const good = { tenant: "demo", version: 8, expiresAt: inAnHour };
  const pass = testerHeader(good, KEY);
  const bad = [
    "8",
    "8.1.x",
    `${pass}x`,
    pass.replace(/^8/, "7"),
    `${pass}, ${pass}`,
    testerHeader(good, "another key"),
    testerHeader({ ...good, tenant: "other" }, KEY),
    testerHeader({ ...good, expiresAt: 1 }, KEY),
    testerHeader({ ...good, version: 9 }, KEY),
    `8.${inAnHour}.${"A".repeat(43)}`,
  ];
  for (const value of bad) assert.equal(by.pick(asking(value), "10.0.0.1")?.name, "v7", value);
});

test("the pass is no part of what is forwarded", () => {
  assert.equal(asking("8.1.x").headers, "Host: a\r\n");
});
