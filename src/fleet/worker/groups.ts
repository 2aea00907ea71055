// Makes a tenant's groups of peers out of its configuration, and of the shared memory in which the
// main thread writes which peers are healthy, drained or ejected.

import { machineMs } from "../../base/clock.ts";
import type { UpstreamConfig } from "../../base/config/types.ts";
import type { StickyConfig } from "../../base/config/upstream/types.ts";
import { planOf } from "../../upstream/group/configured.ts";
import { ConsistentHash } from "../../upstream/group/consistent-hash.ts";
import { LeastRequests } from "../../upstream/group/least-requests.ts";
import { ownerOf } from "../../upstream/group/member.ts";
import type { GroupOptions } from "../../upstream/group/options.ts";
import type { BalancePolicy } from "../../upstream/group/policy.ts";
import { RoundRobin } from "../../upstream/group/round-robin.ts";
import { GroupTable, type SharedGroup } from "../../upstream/group/table.ts";
import { TwoChoices } from "../../upstream/group/two-choices.ts";
import { UpstreamGroup } from "../../upstream/groups.ts";
import type { Peer } from "../../upstream/transport.ts";
import type { PeerTransport } from "../../upstream/transports.ts";
import type { TenantSpec } from "../shared/messages.ts";

export interface GroupContext {
  /** From 0. */
  readonly worker: number;
  readonly closeIdle: (peer: Peer) => void;
}

/** @param index  of the worker, from 1 */
export const groupContext = (
  index: number,
  transport: Pick<PeerTransport, "closeOneIdleTo">,
): GroupContext => ({
  worker: index - 1,
  closeIdle: (peer) => transport.closeOneIdleTo(peer),
});

/** Of one thread that is all there is. */
export const ALONE: GroupContext = { worker: 0, closeIdle: () => {} };

/** A tenant that serves, as far as its groups go. */
export interface GroupOwner {
  readonly spec: TenantSpec;
  readonly tenant: { readonly groups: Groups };
}

type Groups = ReadonlyMap<string, UpstreamGroup>;

/** An old group stays if nothing about it changed: whose turn it is, and what is known, goes on. */
export function groupsOf(
  spec: TenantSpec,
  old: GroupOwner | undefined,
  context: GroupContext,
): Groups {
  const { upstreams } = spec.config;
  const groups = upstreams.map((config, i) => {
    const shared = spec.groups[i];
    if (shared === undefined) throw new TypeError("each group has its memory");
    const before = old?.spec.config.upstreams.findIndex(({ name }) => name === config.name) ?? -1;
    const kept = old?.tenant.groups.get(config.name);
    const isSame =
      old?.spec.id === spec.id &&
      old.spec.groups[before]?.buffer === shared.buffer &&
      JSON.stringify(old.spec.config.upstreams[before]) === JSON.stringify(config);
    const isKept = isSame && kept !== undefined;
    return isKept ? kept : makeGroup(config, { shared, owner: spec.id, context });
  });
  return new Map(groups.map((group) => [group.name, group]));
}

interface GroupParts {
  readonly shared: SharedGroup;
  /** Whose connections they are, where there may be so and so many. */
  readonly owner: string;
  readonly context: GroupContext;
}

function makeGroup(config: UpstreamConfig, { shared, owner, context }: GroupParts): UpstreamGroup {
  const { balance } = config;
  const { hash, sticky, queue } = balance;
  const options: GroupOptions = {
    ...context,
    owner: ownerOf(owner, config.name),
    table: new GroupTable(shared),
    policy: policyOf(config),
    hashBy: balance.algorithm === "hash" ? hash : null,
    sticky: sticky === null ? null : { name: sticky.cookie, attributes: attributesOf(sticky) },
    requestsMax: balance.requestsMax,
    connectionsMax: balance.connectionsMax,
    queuedMax: queue.max,
    waitMs: queue.timeoutMs,
    warmMs: balance.slowStartMs,
    retryBudget: balance.retryBudget,
    now: machineMs,
  };
  return new UpstreamGroup(config.name, planOf(config, options.owner), options);
}

function policyOf({ balance: { algorithm, hash } }: UpstreamConfig): BalancePolicy {
  switch (algorithm) {
    case "round-robin":
      return new RoundRobin();
    case "least-requests":
      return new LeastRequests();
    case "peak-ewma":
      return new TwoChoices();
    case "hash":
      return new ConsistentHash(hash.boundPercent, new RoundRobin());
  }
}

function attributesOf({ maxAgeMs, secure, sameSite }: StickyConfig): string {
  const parts = ["", "Path=/", "HttpOnly", `SameSite=${SAME_SITE[sameSite]}`];
  if (secure || sameSite === "none") parts.push("Secure");
  if (maxAgeMs !== null) parts.push(`Max-Age=${Math.ceil(maxAgeMs / 1_000)}`);
  return parts.join("; ");
}

const SAME_SITE = { lax: "Lax", strict: "Strict", none: "None" } as const;
