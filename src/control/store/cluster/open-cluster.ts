// Opens a store that several machines share: PostgreSQL, and this proxy's copy of it. Without
// PostgreSQL the copy is enough, if there ever was one; if not, this waits, as a proxy that knows
// nothing must not serve nothing.

import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { CLUSTER_LIMITS } from "../../../base/cluster-limits.ts";
import type { PostgresAddress } from "../../../base/config/postgres.ts";
import { openFile } from "../open-store.ts";
import { openPool } from "../postgres/connect.ts";
import { PostgresEngine } from "../postgres/engine.ts";
import { toStoreError } from "../postgres/errors.ts";
import type { SecretKeys } from "../secret-keys.ts";
import { SqlStore } from "../sql-store.ts";
import { SqliteEngine } from "../sqlite-engine.ts";
import { StoreError } from "../store.ts";
import type { OnAudit } from "../tables.ts";
import { ClusterEngine } from "./cluster-engine.ts";
import type { ClusterEvents } from "./cluster-events.ts";
import { Copy } from "./copy.ts";
import { Failures } from "./failures.ts";
import { type CopyRefusal, Follower } from "./follower.ts";
import { NodeIdentity } from "./node-identity.ts";
import { Registry, type RegistryEvents } from "./registry.ts";
import { SharedCounts } from "./shared-counts.ts";
import { SharedUses } from "./shared-uses.ts";
import { Tallies } from "./tallies.ts";

export interface ClusterOptions {
  readonly address: PostgresAddress;
  /** Of this proxy's copy and its id. */
  readonly folder: string;
  /** Of this proxy. */
  readonly name: string;
  readonly isSuccessor: boolean;
  readonly keys: SecretKeys;
  readonly onAudit: OnAudit;
  readonly on: ClusterEvents & RegistryEvents;
}

export interface OpenCluster {
  readonly store: SqlStore;
  /** Since when PostgreSQL has not answered; null: it does. */
  readonly lostAtMs: () => number | null;
  /** Why what it answers cannot be copied; null: it can. */
  readonly copyRefusal: () => CopyRefusal | null;
  readonly registry: Registry;
  /** How versions fare at all proxies. */
  readonly tallies: Tallies;
  readonly counts: SharedCounts;
  readonly uses: SharedUses;
  close(): Promise<void>;
}

/** Throws StoreError: one sentence that says what to do. */
export async function openCluster(options: ClusterOptions): Promise<OpenCluster> {
  const { address, folder, name, isSuccessor, keys, onAudit } = options;
  const { file, identity } = await openFolder(folder, isSuccessor);
  const pool = await openPool(address);
  const copy = new Copy(file.database);
  let registry: Registry | null = null;
  const found = (forMs: number): void => {
    options.on.found(forMs);
    registry?.touch();
  };
  const on = { ...options.on, found };
  const follower = new Follower({ pool, address, copy, on });
  const shared = new PostgresEngine({ pool, address, onAudit });
  const own = new SqliteEngine(file.database, () => {});
  const engine = new ClusterEngine({ shared, copy: own, follower });
  const store = new SqlStore(engine, keys);
  registry = new Registry({ pool, address, identity, name, follower, store, on });
  const lostAtMs = (): number | null => follower.lostAtMs;
  const failures = new Failures({
    address,
    onLost: (error) => follower.lost(error),
    onRefused: (error) => options.on.refused(error),
  });
  const counting = { pool, identity, failures, lostAtMs: () => untoldSinceMs(follower) };
  const counts = new SharedCounts(counting);
  const uses = new SharedUses({ ...counting, address });
  const tallies = new Tallies({ pool, address, follower, boot: registry.boot });
  const close = async (): Promise<void> => {
    await registry.close();
    await engine.close();
    await file.close();
  };
  try {
    await firstCopy(follower, copy);
    follower.start();
    const copyRefusal = (): CopyRefusal | null => follower.refusal;
    return { store, registry, tallies, counts, uses, copyRefusal, lostAtMs, close };
  } catch (thrown) {
    await close();
    throw toStoreError(thrown, address) ?? thrown;
  }
}

/** What this proxy has on its own disk. */
async function openFolder(folder: string, isSuccessor: boolean) {
  const file = await openFile({ path: join(folder, "copy.db"), isSuccessor });
  try {
    return { file, identity: new NodeIdentity(folder) };
  } catch (thrown) {
    await file.close();
    throw thrown;
  }
}

/** Since when nothing is told of what is counted; null: it is. */
function untoldSinceMs({ lostAtMs, refusal }: Follower): number | null {
  return lostAtMs ?? (refusal?.isForeign === true ? refusal.sinceMs : null);
}

async function firstCopy(follower: Follower, copy: Copy): Promise<void> {
  for (;;) {
    try {
      return await follower.catchUp();
    } catch (thrown) {
      if (!(thrown instanceof StoreError) || thrown.fault !== "unreachable") throw thrown;
      if (copy.cursor !== null) return;
      await sleep(Math.random() * CLUSTER_LIMITS.retryMs);
    }
  }
}
