// Limits of tenants: their defaults, the operator's caps, and the table of the docs.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { parseConfig } from "../../../src/base/config/load.ts";
import { formatProblem } from "../../../src/base/config/problems.ts";
import { parseTenant } from "../../../src/base/config/tenant.ts";
import { limitsOf, TENANT_LIMITS } from "../../../src/base/config/tenant-limits.ts";
import { ERRORS } from "../../../src/base/errors.ts";

const DOCS = readFileSync(new URL("../../../docs/configuration.md", import.meta.url), "utf8");

test("every limit has a default in its range, and a code that there is", () => {
  for (const [name, { default: value, range, error }] of Object.entries(TENANT_LIMITS)) {
    const [least, most] = range;
    assert.ok(least <= value && value <= most, name);
    assert.ok(error === "" || Object.hasOwn(ERRORS, error), name);
    assert.match(
      name,
      /(?:Ms|MiB|Bytes|Lines|Calls|Entries|AtOnce|PerSecond|PerWorker|[a-z]+s|rateLimits)$/,
    );
  }
});

test("docs/configuration.md has the table of limits as it is", () => {
  const count = (value: number): string => value.toLocaleString("en-US");
  for (const [name, { default: value, range, bounds, error }] of Object.entries(TENANT_LIMITS)) {
    const [least, most] = range;
    const code = error === "" ? "" : `\`${error}\``;
    const figures = `${count(value)} | ${count(least)} to ${count(most)}`;
    assert.ok(DOCS.includes(`\n| \`${name}\` | ${figures} | ${bounds} | ${code} |\n`), name);
  }
});

test("what is left out has its default, and no more than its cap", () => {
  const limits = limitsOf({ hookMs: 80, logLines: 7 }, { memoryMiB: 32, hookMs: 60, logLines: 9 });
  assert.deepEqual(limits, { ...limitsOf({}, {}), hookMs: 60, memoryMiB: 32, logLines: 7 });
});

const FILE = `
caps: { hookMs: 60, ctxBytes: 2000 }
tenants:
  demo:
    hosts: ["*"]
    upstreams: { a: { peers: ["o:80"] } }
    limits: { hookMs: 80, ctxBytes: 1000 }
`;

test("a limit over its cap is a mistake at its place in the file", () => {
  const result = parseConfig(FILE, "sluice.yaml");
  assert.ok("problems" in result);
  assert.deepEqual(result.problems.map(formatProblem), [
    "sluice.yaml:7:23: tenants.demo.limits.hookMs: expected at most 60 (caps.hookMs), got 80",
  ]);
});

const SETTINGS = {
  hosts: ["a"],
  isolation: "inline",
  upstreams: { a: { peers: ["o:80"] } },
  limits: { hookMs: 80 },
};

test("a tenant of the admin API is refused a limit over its cap", () => {
  const result = parseTenant("demo", SETTINGS, { caps: { hookMs: 60 }, isStored: false });
  assert.ok("mistakes" in result);
  assert.deepEqual(
    result.mistakes.map(({ path, text }) => [path.join("."), text]),
    [["limits.hookMs", "expected at most 60 (caps.hookMs), got 80"]],
  );
});

test("a tenant that was stored before the cap came serves, with the cap", () => {
  const result = parseTenant("demo", SETTINGS, { caps: { hookMs: 60 }, isStored: true });
  assert.ok("config" in result);
  assert.equal(result.config.limits.hookMs, 60);
});
