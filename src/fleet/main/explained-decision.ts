// What is decided of a request that is explained before any script of its tenant: as a worker does
// (downstream/decide.ts), but by the configuration, and nothing is counted.

import type { RouteConfig } from "../../base/config/policy/types.ts";
import { type ErrorCode, SluiceError } from "../../base/errors.ts";
import type { LiveTenant } from "../../control/live.ts";
import { isLastHop } from "../../downstream/forwarded.ts";
import { type Asking, type Decision, GO_ON, Policy } from "../../downstream/policy/policy.ts";
import { AMBIGUOUS, RouteTable } from "../../downstream/policy/route-table.ts";
import type { RequestHead } from "../../http1/messages.ts";

export interface Deciding extends Asking {
  /** The operator's script is out of service, so that nothing goes on. */
  readonly isLayerOut: boolean;
  readonly bodyBytesMax: number;
}

export type Decided = Pick<Decision, "error" | "answer">;

/** Without limits, of which nothing is to be taken. */
export function decide(tenant: LiveTenant, head: RequestHead, deciding: Deciding): Decided {
  const { config, scripts } = tenant;
  const refused = (code: ErrorCode): Decided => ({ error: new SluiceError(code), answer: null });
  if (deciding.isLayerOut) return refused("script_disabled");
  if (scripts.isSuspended) return refused("suspended");
  if (head.contentLength > deciding.bodyBytesMax) return refused("body_too_large");
  const { policy } = config;
  const made = policy === null ? null : new Policy(policy, { groups: new Map(), limits: null });
  const decided = made?.decide(head, deciding) ?? GO_ON;
  return decided.error === null && isLastHop(head) ? LAST_HOP : decided;
}

const LAST_HOP = { error: null, answer: { status: 204, headers: "", body: Buffer.alloc(0) } };

/** Null: it takes none, or nobody knows which. */
export function routeOf({ config }: LiveTenant, head: RequestHead): RouteConfig | null {
  const routes = config.policy?.routes ?? [];
  const found = new RouteTable(routes).find(head);
  return found === AMBIGUOUS ? null : found;
}
