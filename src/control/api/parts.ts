// What resources need of the rest of the proxy. Each resource takes the parts that it needs; a new
// need is a new line here.

import type { LimitCaps } from "../../base/config/tenant-limits.ts";
import type { CapturesAccess } from "../captures-access.ts";
import type { CountersAccess } from "../counters-access.ts";
import type { Deployer } from "../deploy/deployer.ts";
import type { BreakerOf } from "../deploy/enable.ts";
import type { Replays } from "../deploy/replays.ts";
import type { TesterKey } from "../deploy/tester-key.ts";
import type { VersionFigure } from "../deploy/version-figures.ts";
import type { Live } from "../live.ts";
import type { MemoryCacheAccess } from "../memory-cache-access.ts";
import type { Nodes } from "../nodes.ts";
import type { OtherNodes } from "../other-nodes.ts";
import type { RateLimitsAccess } from "../rate-limits-access.ts";
import type { AuditEntry, Store } from "../store/store.ts";
import type { TailSource } from "../tail-source.ts";
import type { UpstreamsAccess } from "../upstreams-access.ts";
import type { Caller } from "./route.ts";
import type { FileTenants } from "./tenant-answers.ts";

export interface ApiParts {
  readonly store: Store;
  readonly live: Live;
  /** Null: the store is this proxy's alone. */
  readonly nodes: Nodes | null;
  /** To be asked for their parts of an answer; null as above. */
  readonly others: OtherNodes | null;
  readonly file: FileTenants;
  readonly deployer: Deployer;
  /** How the circuit breaker of a version stands, in the worker where it stands worst. */
  readonly breakerOf: BreakerOf;
  /** How versions of the tenant of this identity have done in the last minutes. */
  readonly versionFigures: (id: string) => readonly VersionFigure[];
  /** What signs testers' passes for a tenant; empty: nothing does. */
  readonly testerKey: TesterKey;
  /** The most that a tenant's limits may be, as the file that serves has it. */
  readonly caps: () => LimitCaps;
  /** Whether a listener of that file speaks TLS. */
  readonly speaksTls: () => boolean;
  readonly settings: SettingsNews;
  readonly counters: CountersAccess;
  readonly rateLimits: RateLimitsAccess;
  readonly memoryCache: MemoryCacheAccess;
  readonly upstreams: UpstreamsAccess;
  readonly captures: CapturesAccess;
  readonly replays: Replays;
  readonly tails: Pick<TailSource, "review">;
}

/** Where scripts have flags and secrets from. */
export interface SettingsNews {
  /**
   * Those of this tenant have changed in the store. Resolves when the next turns have them.
   * @param revision  of the store by that change; null: somebody else tells of it
   */
  changed(tenant: string, revision: number | null): Promise<void>;
}

/** What the audit log gets for a change. Never a secret's value, nor a token. */
export const auditOf = (
  caller: Caller,
  action: string,
  entry: Omit<AuditEntry, "actor" | "action">,
): AuditEntry => ({ actor: caller.actor, action, ...entry });
