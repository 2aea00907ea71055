// Preloaded into a proxy by a test: the death of a cell weighs as much as sixty, so that two of one
// tenant's own open its breaker.

import { TenantTrust } from "../../src/fleet/cells/tenant-trust.ts";

const { died } = TenantTrust.prototype;

TenantTrust.prototype.died = function (tenant, wasAlone) {
  for (let death = 0; death < 60; death++) died.call(this, tenant, wasAlone);
};
