// Preloaded into a proxy by a test: the death of a cell weighs as much as sixty, so that two of one
// tenant's own open its breaker; and what is open stays so, however long the test takes, until
// somebody brings it back.

import { join } from "node:path";
import { pathToFileURL } from "node:url";

const { BUILT_PROGRAM = "" } = process.env;
/** The one that the proxy loads. */
const place =
  BUILT_PROGRAM === ""
    ? new URL("../../src/fleet/cells/tenant-trust.ts", import.meta.url)
    : pathToFileURL(join(BUILT_PROGRAM, "dist/fleet/cells/tenant-trust.js"));
const { TenantTrust }: typeof import("../../src/fleet/cells/tenant-trust.ts") = await import(
  place.href
);
const { died } = TenantTrust.prototype;

TenantTrust.prototype.died = function (tenant, wasAlone) {
  for (let death = 0; death < 60; death++) died.call(this, tenant, wasAlone);
};
TenantTrust.prototype.sweep = () => [];
