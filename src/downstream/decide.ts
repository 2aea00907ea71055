// Decides what happens to a request before any script: refused, answered, or passed on with its
// route.

import { SluiceError } from "../base/errors.ts";
import type { RequestHead } from "../http1/messages.ts";
import { SOURCE } from "../wire/response-sources.ts";
import type { Challenges } from "./acme/challenges.ts";
import { ALLOWED } from "./error-page.ts";
import { type Forwarder, type Forwarding, isLastHop, type Sender } from "./forwarded.ts";
import { type Decision, GO_ON } from "./policy/policy.ts";
import type { Tenant } from "./serve-context.ts";
import { isFor, type Promised } from "./tls/secure.ts";

export interface DecideOptions {
  readonly challenges: Challenges;
  readonly forwarder: Forwarder;
  readonly bodyBytesMax: number;
}

/** What is looked at of a tenant. */
export interface DecidedTenant
  extends Pick<Tenant, "id" | "clients" | "policy" | "isSuspended" | "requestsMax"> {
  readonly holders: { readonly count: number };
}

/** … and of the connection that a request comes on. */
export interface DecidedSender extends Sender {
  /** Null: it is in the clear. */
  readonly secure: Promised | null;
}

/** @param tenant  whose host it is; null: nobody's */
export function decide(
  tenant: DecidedTenant | null,
  head: RequestHead,
  from: Forwarding<DecidedSender>,
  options: DecideOptions,
): Decision {
  const { sender, clientAddress: address } = from;
  const policy = tenant?.policy ?? null;
  const isSecure =
    policy !== null && policy.https !== null && options.forwarder.isSecure(head, sender);
  const isRedirected = policy?.isRedirected(head, isSecure) === true;
  const unshown = isRedirected ? null : unshownCertificate(tenant, sender);
  const refusal = refusalOf(tenant, head, sender, options) ?? unshown;
  if (policy === null) return refusal === null ? GO_ON : { ...GO_ON, error: refusal };
  if (refusal !== null) return policy.refuse(refusal, isSecure);
  return policy.decide(head, { address, isSecure });
}

const tooMany = (most: number): string =>
  `over ${most} requests of the tenant are under way (requestsAtOnce)`;

function refusalOf(
  tenant: DecidedTenant | null,
  head: RequestHead,
  { secure }: DecidedSender,
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

/** Over TLS there would be no connection without one; in the clear nobody can show any. */
function unshownCertificate(
  tenant: DecidedTenant | null,
  { secure }: DecidedSender,
): SluiceError | null {
  if (secure !== null || tenant?.clients?.isRequired !== true) return null;
  return new SluiceError("misdirected", "in the clear no client shows a certificate");
}

/** An OPTIONS request that is to go no further is answered here. */
export function endedHere(decision: Decision, head: RequestHead): Decision {
  if (decision.error !== null || !isLastHop(head)) return decision;
  return { ...decision, answer: OPTIONS_ANSWER, kind: SOURCE.answer };
}

/** To an OPTIONS request whose Max-Forwards ends here (RFC 9110 section 7.6.2). */
const OPTIONS_ANSWER = { status: 204, headers: `Allow: ${ALLOWED}\r\n`, body: Buffer.alloc(0) };
