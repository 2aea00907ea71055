// This proxy among several that share a store: what it reports of itself, whether it is ready while
// the store does not answer, and how far it is behind.

import { CLUSTER_LIMITS } from "../../base/cluster-limits.ts";
import type { SharedStore } from "../../control/api/faults.ts";
import {
  NODE_STATES,
  type NodeFigures,
  type NodeReport,
  type Nodes,
  stateOf,
} from "../../control/nodes.ts";
import type { OpenCluster } from "../../control/store/cluster/open-cluster.ts";
import type { Metrics } from "../../observe/metrics.ts";
import type { Overview } from "../../observe/overview.ts";
import type { Feed } from "./live/feed.ts";
import type { ReadAgain } from "./live/read-again.ts";

export interface Reported {
  readonly feed: Pick<Feed, "revision" | "stored" | "whenMoved">;
  readonly again: Pick<ReadAgain, "refusal" | "watch">;
  readonly figures: { overview(): Promise<Overview> };
}

type Cluster = Pick<OpenCluster, "registry" | "lostAtMs">;

export class ClusterNode {
  readonly #cluster: Cluster;
  /** Null: it is ready however long the store has not answered. */
  readonly #staleMsMax: number | null;
  #figures: NodeFigures = { requests: 0, errors: 0, requestsActive: 0, connections: 0 };
  /** Since when there is something newer than what is served; null: there is not. */
  #behindSinceMs: number | null = null;

  constructor(cluster: Cluster, staleMsMax: number | null) {
    this.#cluster = cluster;
    this.#staleMsMax = staleMsMax;
  }

  get nodes(): Nodes {
    return this.#cluster.registry;
  }

  /** Since when the store has not answered; null: it does. */
  get lostAtMs(): number | null {
    return this.#cluster.lostAtMs();
  }

  /** For lists of what is wrong. */
  get shared(): SharedStore {
    return { lostAtMs: this.lostAtMs, list: this.#cluster.registry.known };
  }

  /** Null: ready. Else why not, in words. */
  notReady(): string | null {
    if (this.#cluster.registry.isDrained) return "drained";
    const { lostAtMs } = this;
    if (lostAtMs === null || this.#staleMsMax === null) return null;
    const isStale = Date.now() - lostAtMs >= this.#staleMsMax;
    return isStale ? `the store has not answered since ${timeText(lostAtMs)}` : null;
  }

  /** From now on the others wait for it. */
  start({ feed, again, figures }: Reported): void {
    const { registry } = this.#cluster;
    const moved = (): void => {
      const isBehind = feed.revision < feed.stored;
      this.#behindSinceMs = isBehind ? (this.#behindSinceMs ?? Date.now()) : null;
      registry.touch();
    };
    feed.whenMoved(moved);
    again.watch(() => registry.touch());
    const count = async (): Promise<void> => {
      const { totals, requestsActive, connections } = await figures.overview();
      const { requests, errors } = totals;
      this.#figures = { requests, errors, requestsActive, connections };
    };
    setInterval(() => void count().catch(() => {}), CLUSTER_LIMITS.reportMs).unref();
    const report = (): NodeReport => {
      return { revision: feed.revision, refusal: again.refusal, figures: this.#figures };
    };
    registry.start(report);
    moved();
  }

  /** It takes no changes any more. */
  leave(): Promise<void> {
    return this.#cluster.registry.close();
  }

  setFigures(metrics: Metrics): void {
    const list = this.#cluster.registry.known;
    const states = list.nodes.map((node) => stateOf(node, list).state);
    for (const state of NODE_STATES) {
      metrics.gauge("sluice_nodes", state).set(states.filter((one) => one === state).length);
    }
    metrics.gauge("sluice_store_lag_seconds").set(this.#lagMs / 1_000);
  }

  get #lagMs(): number {
    const now = Date.now();
    const sinceMs = Math.min(this.#behindSinceMs ?? now, this.lostAtMs ?? now);
    return Math.max(0, now - sinceMs);
  }
}

export const timeText = (atMs: number): string => new Date(atMs).toISOString();
