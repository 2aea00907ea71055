// Decides what happens to a request before any script: refused, answered, or passed on with its
// route.

import { SluiceError } from "../base/errors.ts";
import type { RequestHead } from "../http1/messages.ts";
import type { Challenges } from "./acme/challenges.ts";
import type { ClientSender } from "./client-stream.ts";
import type { Forwarder, Forwarding } from "./forwarded.ts";
import { type Decision, GO_ON } from "./policy/policy.ts";
import type { Tenant } from "./serve-context.ts";
import { isFor } from "./tls/secure.ts";

export interface DecideOptions {
  readonly challenges: Challenges;
  readonly forwarder: Forwarder;
  readonly bodyBytesMax: number;
}

/** @param tenant  whose host it is; null: nobody's */
export function decide(
  tenant: Tenant | null,
  head: RequestHead,
  from: Forwarding<ClientSender>,
  options: DecideOptions,
): Decision {
  const { sender, clientAddress: address } = from;
  const refusal = refusalOf(tenant, head, sender, options);
  const policy = tenant?.policy ?? null;
  if (policy === null) return refusal === null ? GO_ON : { ...GO_ON, error: refusal };
  const isSecure = policy.https !== null && options.forwarder.isSecure(head, sender);
  if (refusal !== null) return policy.refuse(refusal, isSecure);
  return policy.decide(head, { address, isSecure });
}

const tooMany = (most: number): string =>
  `over ${most} requests of the tenant are under way (requestsAtOnce)`;

function refusalOf(
  tenant: Tenant | null,
  head: RequestHead,
  { secure }: ClientSender,
  { forwarder, bodyBytesMax }: DecideOptions,
): SluiceError | null {
  if (secure !== null && !isFor(secure, head.host, tenant)) return new SluiceError("misdirected");
  if (tenant === null) return new SluiceError("unknown_host", "no tenant has this host");
  if (tenant.isSuspended) return new SluiceError("suspended");
  const { holders, requestsMax } = tenant;
  if (holders.count >= requestsMax) return new SluiceError("overloaded", tooMany(requestsMax));
  if (forwarder.isLoop(head)) return new SluiceError("loop_detected");
  return head.contentLength > bodyBytesMax ? new SluiceError("body_too_large") : null;
}
