// Whether a tenant runs something else than before: what is worth a trial when its processes died.

import assert from "node:assert/strict";
import { test } from "node:test";
import { parseTenant } from "../../../src/base/config/tenant.ts";
import { runsOther } from "../../../src/fleet/cells/return-to-service.ts";
import type { TenantSpec } from "../../../src/fleet/shared/messages.ts";

/** Name of a version, its code, its share of the clients. */
type Script = readonly [deployment: string, code: string, percent: number];

function serving(scripts: readonly Script[], settings: object = {}) {
  const given = { hosts: ["shop.test"], isolation: "process", upstreams: {}, ...settings };
  const parsed = parseTenant("shop", given, { caps: {}, isStored: false });
  if (!("config" in parsed)) throw new Error(JSON.stringify(parsed.mistakes));
  const spec: TenantSpec = {
    id: "shop",
    config: parsed.config,
    scripts: scripts.map(([deployment, code, percent], i) => ({
      version: i + 1,
      percent,
      bundle: { tenant: "shop", deployment, code, map: "" },
      isDisabled: false,
      reason: "",
      isOfFile: false,
      hash: `${deployment} ${code}`,
    })),
    stickyBy: { kind: "address" },
    isSuspended: false,
    testerKey: "",
    groups: [],
    rateLimits: null,
    hash: "",
    index: 0,
  };
  return { tenants: [spec] };
}

const isOther = (before: readonly Script[], now: readonly Script[]): boolean =>
  runsOther("shop", serving(before), serving(now));

const OLD: Script = ["v1", "old", 100];

test("another bundle is something else, the same under another name is not", () => {
  assert.equal(isOther([OLD], [OLD]), false);
  assert.equal(isOther([OLD], [["v2", "old", 100]]), false);
  assert.equal(isOther([OLD], [["v2", "new", 100]]), true);
  assert.equal(runsOther("shop", null, serving([OLD])), true);
});

test("a version that gets its first clients, or loses its last, is something else", () => {
  const shared: Script[] = [
    ["v1", "old", 90],
    ["v2", "new", 10],
  ];
  assert.equal(isOther([OLD], shared), true);
  assert.equal(isOther(shared, [OLD]), true);
  assert.equal(isOther(shared, [OLD, ["v2", "new", 0]]), true);
  assert.equal(isOther([OLD, ["v2", "new", 0]], [["v2", "new", 100]]), true);
  assert.equal(isOther([["v2", "new", 50], ...shared.slice(0, 1)], shared), false);
});

test("a version for testers is none that comes, and one that goes", () => {
  const forTesters: Script = ["v2", "new", 0];
  assert.equal(isOther([OLD], [OLD, forTesters]), false);
  assert.equal(isOther([OLD, forTesters], [OLD]), true);
});

test("other limits and another environment are something else, other hosts are not", () => {
  const now = (settings: object): boolean =>
    runsOther("shop", serving([OLD]), serving([OLD], settings));
  assert.equal(now({ limits: { memoryMiB: 100 } }), true);
  assert.equal(now({ env: { A: "1" } }), true);
  assert.equal(now({ hosts: ["other.test"] }), false);
});

test("who runs nothing in cells has nothing to try", () => {
  assert.equal(isOther([OLD], []), false);
  const inline = serving([["v2", "new", 100]], { isolation: "inline" });
  assert.equal(runsOther("shop", serving([OLD]), inline), false);
  assert.equal(runsOther("other", serving([OLD]), serving([["v2", "new", 100]])), false);
});
