// docs/configuration.md shows every key there is, in an example that the check accepts, with the
// defaults that hold.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { configJsonSchema } from "../../../src/base/config/json-schema.ts";
import { defaultConfig, parseConfig } from "../../../src/base/config/load.ts";
import { formatProblem } from "../../../src/base/config/problems.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const DOCS = readFileSync(join(ROOT, "docs/configuration.md"), "utf8");
const EXAMPLE = /```yaml\n([\s\S]*?)```/.exec(DOCS)?.[1] ?? "";

/** Names of all properties, anywhere in a JSON Schema. */
const propertyNames = (schema: unknown): string[] => {
  if (typeof schema !== "object" || schema === null) return [];
  const own = "properties" in schema ? Object.keys(schema.properties ?? {}) : [];
  return [...own, ...Object.values(schema).flatMap(propertyNames)];
};

const parsed = () => {
  // A script is looked for beside the file; the example's is one of the repository.
  const result = parseConfig(EXAMPLE, join(ROOT, "sluice.yaml"));
  if ("config" in result) return result.config;
  return assert.fail(result.problems.map(formatProblem).join("\n"));
};

describe("docs/configuration.md", () => {
  it("has an example that is accepted", () => {
    assert.equal(parsed().tenants[0]?.upstreams[0]?.peers.length, 2);
  });

  it("shows every key", () => {
    const names = new Set(propertyNames(configJsonSchema()));
    assert.ok(names.size > 30);
    for (const name of names) assert.match(EXAMPLE, new RegExp(`^[ -]*${name}:`, "m"));
  });

  it("shows the defaults that hold", () => {
    const { timeouts, limits, log } = parsed();
    const defaults = defaultConfig();
    assert.deepEqual(timeouts, defaults.timeouts);
    assert.deepEqual({ ...limits, bodyBytes: Number.POSITIVE_INFINITY }, defaults.limits);
    assert.deepEqual(log, defaults.log);
  });
});
