// Watches the peers of all groups that serve, in the main thread alone: checks them, ejects those
// whose answers are bad and takes them back, sees drains end. What it finds it writes through the
// groups' controls, and tells.

import { machineMs } from "../../base/clock.ts";
import type { UpstreamConfig } from "../../base/config/types.ts";
import type { Peer, Transport } from "../transport.ts";
import { type ControlledPeer, type PeerState, stateOf } from "./controlled-peer.ts";
import type { GroupControls, ServedGroup } from "./group-controls.ts";
import { HealthCheck } from "./health-check.ts";
import { HealthWatch } from "./health-watch.ts";
import { OutlierWatch } from "./outlier-watch.ts";

/** How often counts are looked at: within this time a peer that fails in a row is ejected. */
const LOOK_MS = 100;

export interface PeerChange {
  readonly tenant: string;
  readonly group: string;
  readonly peer: string;
  readonly from: PeerState;
  readonly state: PeerState;
  /** Empty: the state says it. */
  readonly reason: string;
}

export interface SupervisionOptions {
  readonly controls: GroupControls;
  readonly transport: () => Transport;
  /** A peer as traffic would have it. */
  readonly peerOf: (config: UpstreamConfig, address: string, as: string | null) => Peer;
  readonly told: (change: PeerChange) => void;
  /** What would never end by itself is to leave the peer: the time of its drain is over. */
  readonly cutOff: (served: ServedGroup, peer: ControlledPeer) => void;
  readonly random?: () => number;
}

interface Watched {
  readonly served: ServedGroup;
  readonly outliers: OutlierWatch | null;
  /** By address. */
  readonly checks: Map<string, Checked>;
}

interface Checked {
  readonly watch: HealthWatch;
  /** Attempts at it that had no answer, as far as is known here. */
  failures: number;
}

export class Supervision {
  readonly #options: SupervisionOptions;
  readonly #random: () => number;
  #watched: readonly Watched[] = [];
  #timer: NodeJS.Timeout | null = null;

  constructor(options: SupervisionOptions) {
    this.#options = options;
    this.#random = options.random ?? Math.random;
  }

  /** Other groups serve, or other peers are in them: to be called after each such change. */
  sync(): void {
    const before = new Map(this.#watched.map((one) => [one.served.control, one]));
    const wanted = this.#options.controls.served.filter(isWatched);
    this.#watched = wanted.map((served) => {
      const known = before.get(served.control);
      const isSame = known?.served.config === served.config;
      if (!isSame) stopAll(known);
      before.delete(served.control);
      const watched = isSame && known !== undefined ? known : this.#watch(served);
      this.#syncChecks(watched);
      return watched;
    });
    for (const gone of before.values()) stopAll(gone);
    if (this.#watched.length > 0) {
      this.#timer ??= setInterval(() => this.look(), LOOK_MS).unref();
    } else if (this.#timer !== null) {
      clearInterval(this.#timer);
      this.#timer = null;
    }
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    for (const watched of this.#watched) stopAll(watched);
    this.#watched = [];
  }

  /** Ejects, takes back and checks by what was counted, and ends drains. The timer does this. */
  look(): void {
    const nowMs = machineMs();
    let isAnyOver = false;
    for (const watched of this.#watched) {
      const { served, outliers } = watched;
      outliers?.look(nowMs);
      for (const peer of served.control.peers) {
        hastenCheck(watched, peer);
        if (peer.admin !== "draining" || peer.isDrained) continue;
        isAnyOver ||= this.#lookAtDrain(served, peer, nowMs);
      }
    }
    if (isAnyOver) this.sync();
  }

  #watch(served: ServedGroup): Watched {
    const { ejection } = served.config;
    const told = (peer: ControlledPeer, from: PeerState, reason: string): void =>
      this.#told(served, peer, { from, reason });
    const { control } = served;
    const random = this.#random;
    const outliers =
      ejection === null ? null : new OutlierWatch({ control, config: ejection, told, random });
    return { served, outliers, checks: new Map() };
  }

  #lookAtDrain(served: ServedGroup, peer: ControlledPeer, nowMs: number): boolean {
    const { control } = served;
    const active = control.table.sum(peer.row, "active");
    const isLate = peer.drainUntilMs !== 0 && nowMs >= peer.drainUntilMs;
    if (active > 0 && !isLate) return false;
    control.set(peer, { isDrained: true });
    if (active > 0) this.#options.cutOff(served, peer);
    const reason = active > 0 ? `its time is over, with ${active} requests under way` : "";
    this.#told(served, peer, { from: "draining", reason });
    return true;
  }

  #syncChecks({ served, checks }: Watched): void {
    const { control, config } = served;
    const now = new Set(config.health === null ? [] : control.peers.map(({ address }) => address));
    for (const [address, { watch }] of checks) {
      if (now.has(address)) continue;
      watch.stop();
      checks.delete(address);
    }
    for (const peer of control.peers) {
      if (!now.has(peer.address) || checks.has(peer.address)) continue;
      const failures = control.table.sum(peer.row, "failures");
      checks.set(peer.address, { watch: this.#check(served, peer), failures });
    }
  }

  #check(served: ServedGroup, peer: ControlledPeer): HealthWatch {
    const { control, config } = served;
    const { transport, peerOf } = this.#options;
    const { health } = config;
    if (health === null) throw new TypeError("no checks are made of this group");
    const as = control.originOf(peer.address);
    const dialled = peerOf(config, peer.address, as);
    const name = as ?? peer.address;
    const parts = () => ({ config: health, peer: dialled, name, transport: transport() });
    return new HealthWatch({
      config: health,
      peer: {
        get state() {
          return peer.health;
        },
        changed: (state, reason) => {
          const from = stateOf(peer);
          // a passed check takes an ejected peer back, as Envoy does
          const back = state === "up" ? { ejectedUntilMs: 0, ejections: 0 } : {};
          control.set(peer, { health: state, reason, ...back });
          this.#told(served, peer, { from, reason });
        },
      },
      check: (done) => new HealthCheck(parts(), done),
      random: this.#random,
      now: () => performance.now(),
    });
  }

  #told(served: ServedGroup, peer: ControlledPeer, was: Pick<PeerChange, "from" | "reason">): void {
    const state = stateOf(peer);
    if (state === was.from) return;
    const { tenant, control } = served;
    this.#options.told({ tenant, group: control.name, peer: peer.address, state, ...was });
  }
}

const isWatched = ({ config, control }: ServedGroup): boolean =>
  config.health !== null ||
  config.ejection !== null ||
  control.peers.some(({ admin, isDrained }) => admin === "draining" && !isDrained);

/** A peer that gives no answers is looked at: a check, not the traffic, says that it is down. */
function hastenCheck({ served, checks }: Watched, { address, row }: ControlledPeer): void {
  const checked = checks.get(address);
  if (checked === undefined) return;
  const failures = served.control.table.sum(row, "failures");
  if (failures !== checked.failures) checked.watch.hasten();
  checked.failures = failures;
}

function stopAll(watched: Watched | undefined): void {
  for (const { watch } of watched?.checks.values() ?? []) watch.stop();
}
