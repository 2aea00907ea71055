// This proxy among several that share a store: what it reports of itself, whether it is ready while
// the store does not answer, how far it is behind, and where the others ask it.

import { hostname } from "node:os";
import { CLUSTER_LIMITS } from "../../base/cluster-limits.ts";
import { isUnspecifiedAddress } from "../../base/config/address.ts";
import type { Config } from "../../base/config/types.ts";
import type { SharedStore } from "../../control/api/faults.ts";
import type { SharedTrials } from "../../control/deploy/shared-guardian.ts";
import {
  NODE_STATES,
  type NodeFigures,
  type NodeReport,
  type Nodes,
  type Refusal,
  stateOf,
} from "../../control/nodes.ts";
import { isInTheClear, OtherNodes } from "../../control/other-nodes.ts";
import type { OpenCluster } from "../../control/store/cluster/open-cluster.ts";
import type { Logger } from "../../observe/log.ts";
import type { Metrics } from "../../observe/metrics.ts";
import type { Overview } from "../../observe/overview.ts";
import type { Feed } from "./live/feed.ts";
import type { ReadAgain } from "./live/read-again.ts";

export interface Reported {
  readonly feed: Pick<Feed, "revision" | "stored" | "whenMoved">;
  readonly again: Pick<ReadAgain, "refusal" | "watch">;
  readonly figures: { overview(): Promise<Overview> };
  /** Where its admin API listens. */
  readonly admin: () => string;
  readonly logger: Logger;
}

export interface Counted extends Pick<OpenCluster, "counts" | "uses"> {
  /** Of this proxy's copy. */
  readonly folder: string;
}

type Cluster = Pick<
  OpenCluster,
  "registry" | "tallies" | "lostAtMs" | "copyRefusal" | "counts" | "uses"
>;

export class ClusterNode {
  readonly #cluster: Cluster;
  readonly #config: Pick<Config, "node" | "admin">;
  readonly others: OtherNodes;
  #figures: NodeFigures = { requests: 0, errors: 0, requestsActive: 0, connections: 0 };
  #isWarned = false;
  /** Since when there is something newer than what is served; null: there is not. */
  #behindSinceMs: number | null = null;

  constructor(cluster: Cluster, config: Pick<Config, "node" | "admin">) {
    this.#cluster = cluster;
    this.#config = config;
    const { node, admin } = config;
    const { cert, key } = admin.tls ?? {};
    const shown = cert === undefined || key === undefined ? {} : { cert, key };
    const trusted = node.ca === null ? {} : { ca: node.ca };
    this.others = new OtherNodes(cluster.registry, { ...shown, ...trusted });
  }

  get nodes(): Nodes {
    return this.#cluster.registry;
  }

  /** How versions fare at all of them. */
  get trials(): SharedTrials {
    return this.#cluster.tallies;
  }

  /** What all proxies count and limit together, and where this one keeps what it knows of it. */
  get counted(): Counted {
    const { counts, uses } = this.#cluster;
    return { counts, uses, folder: this.#config.node.data };
  }

  /** Since when the store has not answered; null: it does. */
  get lostAtMs(): number | null {
    return this.#cluster.lostAtMs();
  }

  /** Since when nothing newer is known than what was copied last; null: all there is is known. */
  get staleSinceMs(): number | null {
    return this.lostAtMs ?? this.#cluster.copyRefusal()?.sinceMs ?? null;
  }

  /** For lists of what is wrong. */
  get shared(): SharedStore {
    const { lostAtMs, staleSinceMs } = this;
    const { name } = this.#config.node;
    const reason = this.#cluster.copyRefusal()?.reason ?? null;
    return { name, lostAtMs, staleSinceMs, refusal: reason, list: this.#cluster.registry.known };
  }

  /** Null: ready. Else why not, in words. */
  notReady(): string | null {
    if (this.#cluster.registry.isDrained) return "drained";
    const { lostAtMs, staleSinceMs } = this;
    const { staleMsMax } = this.#config.node;
    if (staleSinceMs === null || staleMsMax === null) return null;
    if (Date.now() - staleSinceMs < staleMsMax) return null;
    const what = lostAtMs === null ? "could not be copied" : "has not answered";
    return `the store ${what} since ${timeText(staleSinceMs)}`;
  }

  /** From now on the others wait for it. */
  start({ feed, again, figures, admin, logger }: Reported): void {
    const { registry } = this.#cluster;
    let told = feed.revision;
    const moved = (): void => {
      const isBehind = feed.revision < feed.stored;
      this.#behindSinceMs = isBehind ? (this.#behindSinceMs ?? Date.now()) : null;
      // that there is something newer the others know by themselves
      if (feed.revision !== told) registry.touch();
      told = feed.revision;
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
      const address = this.#address(admin());
      this.#warnOf(address, logger);
      const refusal = this.#copyRefusal() ?? again.refusal;
      return { revision: feed.revision, refusal, figures: this.#figures, address };
    };
    registry.start(report);
    moved();
  }

  /** It takes no changes any more. */
  async leave(): Promise<void> {
    await this.others.close();
    await this.#cluster.registry.close();
  }

  /** Whatever is stored, it cannot be taken. */
  #copyRefusal(): Refusal | null {
    const found = this.#cluster.copyRefusal();
    return found === null ? null : { revision: Number.MAX_SAFE_INTEGER, reason: found.reason };
  }

  #warnOf(address: string, logger: Logger): void {
    if (this.#isWarned || !isInTheClear(address)) return;
    this.#isWarned = true;
    const text = "the other proxies send tokens here in the clear: set admin.tls, and node.address";
    logger.warn({ address }, text);
  }

  /** @param listening  empty: it does not listen yet */
  #address(listening: string): string {
    const { node, admin } = this.#config;
    if (node.address !== null) return node.address;
    if (listening === "") return "";
    const port = listening.slice(listening.lastIndexOf(":"));
    // all addresses are none that another machine could ask
    const place = isUnspecifiedAddress(admin.host) ? `${hostname()}${port}` : listening;
    return `${admin.tls === null ? "http" : "https"}://${place}`;
  }

  setFigures(metrics: Metrics): void {
    const list = this.#cluster.registry.known;
    const states = list.nodes.map((node) => stateOf(node, list).state);
    for (const state of NODE_STATES) {
      metrics.gauge("sluice_nodes", state).set(states.filter((one) => one === state).length);
    }
    metrics.gauge("sluice_store_lag_seconds").set(this.#lagMs / 1_000);
    metrics.gauge("sluice_shared_counts_lag_seconds").set(this.#cluster.counts.lagMs / 1_000);
  }

  get #lagMs(): number {
    const now = Date.now();
    const sinceMs = Math.min(this.#behindSinceMs ?? now, this.staleSinceMs ?? now);
    return Math.max(0, now - sinceMs);
  }
}

export const timeText = (atMs: number): string => new Date(atMs).toISOString();
