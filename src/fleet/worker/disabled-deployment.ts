// A deployment that nobody may run: it has no isolate.

import type { TenantConfig } from "../../base/config/types.ts";
import { type Deployment, unexplained } from "../../phases/deployment.ts";
import { VersionHealth } from "../../phases/version-health.ts";
import { RETIRED } from "../../sandbox/death.ts";
import { RefusedCall } from "../../sandbox/lane-call.ts";
import type { ScriptBundle } from "../shared/messages.ts";

interface Begin {
  readonly tenant: TenantConfig;
  readonly bundle: ScriptBundle;
}

export function disabledDeployment({ tenant, bundle }: Begin): Deployment {
  const none = (): void => undefined;
  return {
    tenant: tenant.name,
    tenantId: "",
    name: bundle.deployment,
    hooks: 0,
    bodies: { request: 0, response: 0 },
    bodyBytesMax: 1,
    lane: { submit: (call) => new RefusedCall(call, RETIRED), heapBytes: 0, dispose: none },
    failOpen: tenant.onScriptError === "fail-open",
    health: VersionHealth.disabled(),
    explain: unexplained,
    log: none,
    redact: String,
    observe: none,
    countFailure: none,
  };
}
