// Opens a store that several machines share: PostgreSQL, and this proxy's copy of it. Without
// PostgreSQL the copy is enough, if there ever was one; if not, this waits, as a proxy that knows
// nothing must not serve nothing.

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
import { Copy } from "./copy.ts";
import { type ClusterEvents, Follower } from "./follower.ts";

export interface ClusterOptions {
  readonly address: PostgresAddress;
  /** Of the copy. */
  readonly path: string;
  readonly isSuccessor: boolean;
  readonly keys: SecretKeys;
  readonly onAudit: OnAudit;
  readonly on: ClusterEvents;
}

export interface OpenCluster {
  readonly store: SqlStore;
  readonly follower: Follower;
  close(): Promise<void>;
}

/** Throws StoreError: one sentence that says what to do. */
export async function openCluster(options: ClusterOptions): Promise<OpenCluster> {
  const { address, path, isSuccessor, keys, onAudit, on } = options;
  const file = await openFile({ path, isSuccessor });
  const pool = await openPool(address);
  const copy = new Copy(file.database);
  const follower = new Follower({ pool, address, copy, on });
  const shared = new PostgresEngine({ pool, address, onAudit });
  const own = new SqliteEngine(file.database, () => {});
  const engine = new ClusterEngine({ shared, copy: own, follower });
  const close = async (): Promise<void> => {
    await engine.close();
    await file.close();
  };
  try {
    await firstCopy(follower, copy);
    follower.start();
    return { store: new SqlStore(engine, keys), follower, close };
  } catch (thrown) {
    await close();
    throw toStoreError(thrown, address) ?? thrown;
  }
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
