// A version that is out of service until it is enabled: a deployment without an isolate.

import type { TenantConfig } from "../../base/config/types.ts";
import { type Deployment, unexplained } from "../../phases/deployment.ts";
import { VersionHealth } from "../../phases/version-health.ts";
import type { ScriptBundle } from "../shared/messages.ts";

interface Begin {
  readonly tenant: TenantConfig;
  readonly bundle: ScriptBundle;
}

/** One that nobody may run: it has no isolate. */
export function disabledDeployment({ tenant, bundle }: Begin): Deployment {
  const none = (): void => undefined;
  return {
    tenant: tenant.name,
    name: bundle.deployment,
    hooks: 0,
    bodies: { request: 0, response: 0 },
    lane: { submit: () => 0, cancel: () => "", heapBytes: 0, dispose: none },
    failOpen: tenant.onScriptError === "fail-open",
    health: VersionHealth.disabled(),
    explain: unexplained,
    log: none,
    observe: none,
    countFailure: none,
  };
}
