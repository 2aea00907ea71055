// Chooses the deployment that runs for a request, if any may: one of several versions, and none
// whose breaker is open.

import { SluiceError } from "../base/errors.ts";
import type { RequestHead } from "../http1/messages.ts";
import type { Deployment } from "../phases/deployment.ts";
import { OuterLayer } from "../phases/layer.ts";
import type { ServeContext, Tenant } from "./serve-context.ts";

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

/**
 * The innermost of the layers around a tenant's: null if there are none. An error: one of them must
 * not run, so the request must not go on.
 */
export function admitAround(
  { around, transport }: Pick<ServeContext, "around" | "transport">,
  head: RequestHead,
  address: string,
): OuterLayer | SluiceError | null {
  let outer: OuterLayer | null = null;
  for (const owner of around) {
    const deployment = admit(owner, head, address);
    if (deployment instanceof SluiceError) return deployment;
    if (deployment === null) continue;
    owner.holders.enter();
    outer = new OuterLayer({ deployment, outer, transport, reach: owner, held: owner.holders });
  }
  return outer;
}

const reasonOf = ({ name, health }: Deployment): string =>
  health.state === "disabled"
    ? `${name} is disabled until it is enabled`
    : `${name} kept failing: its breaker is ${health.state}`;
