// docs/configuration.md shows every key there is, in examples that the check accepts, with the
// defaults that hold.

import assert from "node:assert/strict";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { configJsonSchema } from "../../../src/base/config/json-schema.ts";
import { defaultConfig, parseConfig } from "../../../src/base/config/load.ts";
import { formatProblem } from "../../../src/base/config/problems.ts";
import { makeCertificate } from "../../support/certificates.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const DOCS = readFileSync(join(ROOT, "docs/configuration.md"), "utf8");
const EXAMPLES = [...DOCS.matchAll(/^```yaml\n([\s\S]*?)^```/gm)].map(([, text = ""]) => text);

/** Names of all properties, anywhere in a JSON Schema. */
const propertyNames = (schema: unknown): string[] => {
  if (typeof schema !== "object" || schema === null) return [];
  const own = "properties" in schema ? Object.keys(schema.properties ?? {}) : [];
  return [...own, ...Object.values(schema).flatMap(propertyNames)];
};

/** Where the files are that examples name. */
let folder = "";

before(async () => {
  folder = mkdtempSync(join(tmpdir(), "sluice-docs-"));
  for (const name of ["scripts/ctx.ts", "scripts/hardened.ts"]) {
    cpSync(join(ROOT, name), join(folder, name));
  }
  mkdirSync(join(folder, "errors"));
  writeFileSync(join(folder, "errors/502.html"), "{{code}}");
  const { cert, key } = await makeCertificate("DNS:proxy.test");
  mkdirSync(join(folder, "certs"));
  for (const name of [
    "internal-ca.pem",
    "proxy.pem",
    "shop.pem",
    "tills-ca.pem",
    "admin.pem",
    "ops-ca.pem",
  ])
    writeFileSync(join(folder, "certs", name), cert);
  writeFileSync(join(folder, "certs/acme.hmac"), "a".repeat(43));
  for (const name of ["proxy.key", "shop.key", "admin.key"])
    writeFileSync(join(folder, "certs", name), key);
});

after(() => rmSync(folder, { recursive: true }));

const parsed = (example: string) => {
  const result = parseConfig(example, join(folder, "sluice.yaml"));
  if ("config" in result) return result.config;
  return assert.fail(`${result.problems.map(formatProblem).join("\n")}\n${example}`);
};

describe("docs/configuration.md", () => {
  it("has examples that are accepted", () => {
    assert.ok(EXAMPLES.length > 0);
    for (const example of EXAMPLES) assert.ok(parsed(example).tenants.length > 0);
  });

  it("shows every key", () => {
    const names = new Set(propertyNames(configJsonSchema()));
    assert.ok(names.size > 30);
    const shown = EXAMPLES.join("\n").replaceAll(/#.*/g, "");
    for (const name of names) assert.match(shown, new RegExp(`(?:^|[ {])${name}:`, "m"));
  });

  it("shows the defaults that hold", () => {
    const { timeouts, limits, log } = parsed(EXAMPLES[0] ?? "");
    const defaults = defaultConfig();
    assert.deepEqual(timeouts, defaults.timeouts);
    assert.deepEqual({ ...limits, bodyBytes: Number.POSITIVE_INFINITY }, defaults.limits);
    assert.deepEqual(log, defaults.log);
  });
});
