// Ejects the peers of one group by what workers counted of them, and takes them back in time. The
// definitions are ejection.ts's.

import type { EjectionConfig } from "../../base/config/upstream/types.ts";
import { type ControlledPeer, type PeerState, stateOf } from "./controlled-peer.ts";
import {
  ejectionMs,
  type IntervalCounts,
  mayEject,
  percentageOutliers,
  rateOutliers,
} from "./ejection.ts";
import type { GroupControl } from "./group-control.ts";

export interface OutlierWatchOptions {
  readonly control: GroupControl;
  readonly config: EjectionConfig;
  readonly told: (peer: ControlledPeer, from: PeerState, reason: string) => void;
  /** From 0 to 1. */
  readonly random: () => number;
}

export class OutlierWatch {
  readonly #options: OutlierWatchOptions;
  #intervalEndMs = 0;
  /** What was counted of each peer when the interval began. */
  #counted = new Map<ControlledPeer, IntervalCounts>();

  constructor(options: OutlierWatchOptions) {
    this.#options = options;
  }

  look(nowMs: number): void {
    const { control, config } = this.#options;
    const peers = control.peers;
    for (const peer of peers) {
      if (peer.ejectedUntilMs === 0) this.#lookAtRow(peer, nowMs);
      else if (nowMs >= peer.ejectedUntilMs) this.#takeBack(peer);
    }
    if (nowMs < this.#intervalEndMs) return;
    const isFirst = this.#intervalEndMs === 0;
    this.#intervalEndMs = nowMs + config.intervalMs;
    this.#lookAtInterval(peers, nowMs, isFirst);
  }

  /** Failures one after the other. */
  #lookAtRow(peer: ControlledPeer, nowMs: number): void {
    const { control, config } = this.#options;
    const { consecutiveFailures: any, consecutiveGatewayFailures: gateway } = config;
    const failures = control.table.get(peer.row, "failures");
    const gatewayFailures = control.table.get(peer.row, "gatewayFailures");
    if (any !== 0 && failures >= any) this.#eject(peer, nowMs, `${failures} failures in a row`);
    else if (gateway !== 0 && gatewayFailures >= gateway) {
      this.#eject(peer, nowMs, `${gatewayFailures} failures of a gateway in a row`);
    }
  }

  #lookAtInterval(peers: readonly ControlledPeer[], nowMs: number, isFirst: boolean): void {
    const { config } = this.#options;
    const judged = peers.filter(({ ejectedUntilMs }) => ejectedUntilMs === 0);
    const counts = judged.map((peer) => this.#countsOf(peer));
    const next = new Map(peers.map((peer) => [peer, this.#totalsOf(peer)]));
    this.#counted = next;
    if (isFirst) return;
    for (const index of rateOutliers(counts, config)) {
      this.#ejectAt(judged[index], nowMs, "its success rate is far below the others'");
    }
    for (const index of percentageOutliers(counts, config)) {
      this.#ejectAt(judged[index], nowMs, "too many of its answers are failures");
    }
    // an interval in which it was sound makes the next ejection shorter
    for (const peer of judged) {
      if (peer.ejectedUntilMs === 0 && peer.ejections > 0) peer.ejections--;
    }
  }

  #ejectAt(peer: ControlledPeer | undefined, nowMs: number, reason: string): void {
    if (peer?.ejectedUntilMs === 0) this.#eject(peer, nowMs, reason);
  }

  /** The counts begin anew: else it would be ejected once and never again (envoy #1491). */
  #eject(peer: ControlledPeer, nowMs: number, reason: string): void {
    const { control, config, told, random } = this.#options;
    const { peers, table } = control;
    table.set(peer.row, "failures", 0);
    table.set(peer.row, "gatewayFailures", 0);
    const ejected = peers.filter(({ ejectedUntilMs }) => ejectedUntilMs !== 0).length;
    if (!mayEject(peers.length, ejected, config)) return;
    const from = stateOf(peer);
    const ejections = peer.ejections + 1;
    const ejectedUntilMs = nowMs + ejectionMs(ejections, config, random);
    const ejectionsTotal = peer.ejectionsTotal + 1;
    control.set(peer, { ejections, ejectionsTotal, ejectedUntilMs });
    told(peer, from, reason);
  }

  #takeBack(peer: ControlledPeer): void {
    const { control, told } = this.#options;
    const from = stateOf(peer);
    control.table.set(peer.row, "failures", 0);
    control.table.set(peer.row, "gatewayFailures", 0);
    control.set(peer, { ejectedUntilMs: 0 });
    told(peer, from, "its time is over");
  }

  /** Since the interval began. Workers' counts wrap. */
  #countsOf(peer: ControlledPeer): IntervalCounts {
    const before = this.#counted.get(peer);
    const now = this.#totalsOf(peer);
    if (before === undefined) return { successes: 0, failures: 0 };
    return {
      successes: Math.max(0, now.successes - before.successes),
      failures: Math.max(0, now.failures - before.failures),
    };
  }

  #totalsOf({ row }: ControlledPeer): IntervalCounts {
    const { table } = this.#options.control;
    const failures =
      table.sum(row, "serverErrors") + table.sum(row, "gatewayErrors") + table.sum(row, "failures");
    return { successes: table.sum(row, "answered"), failures };
  }
}
