// Chooses the deployment that runs for a request, if any may: one of several versions, and none
// whose breaker is open.

import { SluiceError } from "../base/errors.ts";
import type { RequestHead } from "../http1/messages.ts";
import type { Deployment } from "../phases/deployment.ts";
import type { Tenant } from "./serve-context.ts";

/**
 * Null: the request goes on without a script. An error: it must not.
 * @param address  of the client, by the word of the nearest proxy that is not trusted
 */
export function admit(
  tenant: Tenant,
  head: RequestHead,
  address: string,
): Deployment | SluiceError | null {
  const { versions, deployment: whole } = tenant;
  const deployment = versions === null ? whole : versions.pick(head, address);
  if (deployment === null || deployment.health.isClosed) return deployment;
  if (deployment.health.admits(performance.now())) return deployment;
  return deployment.failOpen ? null : new SluiceError("script_disabled", reasonOf(deployment));
}

const reasonOf = ({ name, health }: Deployment): string =>
  health.state === "disabled"
    ? `${name} is disabled until it is enabled`
    : `${name} kept failing: its breaker is ${health.state}`;
