// One group of peers as the main thread controls it: who is in it, how each peer stands, and the
// memory in which workers see that. How a peer stands is kept by its address: it is the same
// through reloads, and through a handover. Decides nothing: checks, ejections and operators do.

import type { UpstreamConfig } from "../../base/config/types.ts";
import { wantedOf } from "../group/plan.ts";
import type { AddedPeer, GroupTable, SharedGroup } from "../group/table.ts";
import { type ControlledPeer, newPeer, type PeerStanding } from "./controlled-peer.ts";
import { bitsOf, GroupMemory } from "./group-memory.ts";
import type { GroupNews } from "./group-news.ts";

/** Beyond the peers of the configuration: those that come while the proxy runs. */
const SPARE_ROWS = 16;
/** Addresses of one name that count. */
export const ADDRESSES_MAX = 32;

export class GroupControl {
  readonly name: string;
  /** As it serves; null: nothing of it does yet. */
  config: UpstreamConfig | null = null;
  readonly #memory: GroupMemory;
  /** By address; also of peers that are in it no more, for as long as there are rows. */
  readonly #peers = new Map<string, ControlledPeer>();
  #added: readonly AddedPeer[] = [];
  #removed: readonly string[] = [];
  #resolved: Readonly<Record<string, readonly string[]>> = {};

  constructor(name: string, workers: number) {
    this.name = name;
    this.#memory = new GroupMemory({ rows: SPARE_ROWS, workers });
  }

  /** That serves. */
  get table(): GroupTable {
    return this.#memory.table;
  }

  /** There is room for what this configuration needs, whether it will serve or not. */
  prepare(config: UpstreamConfig): SharedGroup {
    const wanted = this.#wanted(config);
    const fresh = wanted.filter(({ address }) => !this.#peers.has(address));
    const table = this.#withRoom(rowsOf(config), fresh.length);
    for (const { address, as } of fresh) {
      const peer = this.#enter(address, weightIn(config, as ?? address));
      const isNew = this.config !== null && config.health !== null;
      if (peer !== null && isNew) this.#show(peer, { health: "checking" });
    }
    if (this.config === null) this.#setWeights(config);
    this.#write();
    return table.shared;
  }

  /** This configuration serves. */
  serve(config: UpstreamConfig): void {
    this.#memory.serve(rowsOf(config));
    this.config = config;
    const names = new Set(config.resolve === null ? [] : config.peers.map((one) => one.address));
    this.#resolved = Object.fromEntries(
      Object.entries(this.#resolved).filter(([as]) => names.has(as)),
    );
    this.#setWeights(config);
    this.#write();
  }

  /** Those that are in it. */
  get peers(): readonly ControlledPeer[] {
    if (this.config === null) return [];
    return this.#wanted(this.config).flatMap(({ address }) => this.#peers.get(address) ?? []);
  }

  peer(address: string): ControlledPeer | null {
    return this.peers.find((peer) => peer.address === address) ?? null;
  }

  /** In which the peer of the configuration stands for it; null: it was added. */
  originOf(address: string): string | null {
    const wanted = this.config === null ? [] : this.#wanted(this.config);
    return wanted.find((one) => one.address === address)?.as ?? null;
  }

  priorityOf(address: string): number {
    const wanted = this.config === null ? [] : this.#wanted(this.config);
    return wanted.find((one) => one.address === address)?.priority ?? 0;
  }

  /** False: there is no room for one more. */
  add(peer: AddedPeer): boolean {
    const added = [...this.#added.filter(({ address }) => address !== peer.address), peer];
    const known = this.#peers.get(peer.address) ?? this.#enter(peer.address, peer.weight);
    if (added.length > SPARE_ROWS || known === null) return false;
    this.#added = added;
    this.#removed = this.#removed.filter((address) => address !== peer.address);
    const health = this.config?.health == null ? "unchecked" : "checking";
    this.#show(known, { admin: "ready", isDrained: false, ownWeight: peer.weight, health });
    this.#memory.warm(known.row);
    this.#write();
    return true;
  }

  remove(address: string): void {
    const isAdded = this.#added.some((one) => one.address === address);
    this.#added = this.#added.filter((one) => one.address !== address);
    const isConfigured = this.config?.peers.some((one) => one.address === address) === true;
    if (isConfigured || !isAdded) this.#removed = [...new Set([...this.#removed, address])];
    this.#write();
  }

  /** What a name of the configuration leads to now. @param as  the peer's address there */
  resolve(as: string, addresses: readonly string[]): void {
    const config = this.config;
    if (config === null) return;
    const isFirst = this.#resolved[as] === undefined;
    const before = new Set(this.#wanted(config).map(({ address }) => address));
    // in one order, whatever the server's: what stays is no change
    const sorted = addresses.toSorted().slice(0, ADDRESSES_MAX);
    this.#resolved = { ...this.#resolved, [as]: sorted };
    for (const { address } of this.#wanted(config)) {
      if (before.has(address)) continue;
      const known = this.#peers.get(address) ?? this.#enter(address, weightIn(config, as));
      if (known === null || isFirst) continue;
      if (config.health !== null) this.#show(known, { health: "checking", reason: "" });
      this.#memory.warm(known.row);
    }
    this.#write();
  }

  /** The name's addresses as they were told last; null: it was not asked for yet. */
  addressesOf(as: string): readonly string[] | null {
    return this.#resolved[as] ?? null;
  }

  /** Changes how a peer stands. */
  set(peer: ControlledPeer, change: Partial<PeerStanding>): void {
    const was = bitsOf(peer);
    this.#show(peer, change);
    const isBack = was !== 0 && bitsOf(peer) === 0;
    if (isBack) this.#memory.warm(peer.row);
    // a weight is part of what is worked out beforehand
    if (change.ownWeight !== undefined) this.#write();
    this.#judgePanic();
    if (isBack) this.table.wake();
  }

  /** Where enough peers of one priority are sound, nobody needs those that are not. */
  #judgePanic(): void {
    const { config } = this;
    if (config === null) return;
    const ready = this.peers.filter(({ admin }) => admin === "ready");
    const levels = Map.groupBy(ready, ({ address }) => this.priorityOf(address));
    const isEnough = [...levels.values()].some((peers) => {
      const sound = peers.filter((peer) => bitsOf(peer) === 0).length;
      return sound > 0 && (sound / peers.length) * 100 >= config.panicPercent;
    });
    const isPanic = config.panicPercent > 0 && ready.length > 0 && !isEnough;
    for (const table of this.#memory.tables) table.isPanic = isPanic;
  }

  forgetWorker(worker: number): void {
    for (const table of this.#memory.tables) table.forgetWorker(worker);
  }

  /** For another process. */
  news(tenant: string): GroupNews {
    const { name } = this;
    const peers = [...this.#peers.values()].map(({ row: _, ...standing }) => standing);
    return { tenant, name, peers, added: this.#added, removed: this.#removed };
  }

  /** As another process had it. Before anything of it serves here. */
  takeOver({ peers, added, removed }: GroupNews): void {
    this.#added = added;
    this.#removed = removed;
    this.#withRoom(peers.length + SPARE_ROWS, peers.length);
    for (const { address, weight, ...standing } of peers) {
      const peer = this.#peers.get(address) ?? this.#enter(address, weight);
      if (peer !== null) this.#show(peer, standing);
    }
  }

  /** Memory with that many rows, of which some are free; peers keep theirs. */
  #withRoom(rows: number, free: number): GroupTable {
    const peers = [...this.#peers.values()];
    const taken = Math.max(0, ...peers.map(({ row }) => row + 1));
    const isServing = this.config !== null;
    return this.#memory.withRoom(Math.max(rows, taken + free), { peers, isServing });
  }

  /** Null: there is no row for it. */
  #enter(address: string, weight: number): ControlledPeer | null {
    const row = this.#freeRow();
    if (row === null) return null;
    const peer = newPeer(address, row, weight);
    this.#memory.clear(row);
    this.#peers.set(address, peer);
    this.#show(peer, {});
    return peer;
  }

  /** One that nobody has, else one whose peer is not in the group and has nothing under way. */
  #freeRow(): number | null {
    const { rows } = this.#memory;
    const taken = new Set([...this.#peers.values()].map(({ row }) => row));
    for (let row = 0; row < rows; row++) if (!taken.has(row)) return row;
    const now = new Set(this.peers);
    for (const peer of this.#peers.values()) {
      const isInUse = now.has(peer) || this.table.sum(peer.row, "active") > 0;
      if (isInUse) continue;
      this.#peers.delete(peer.address);
      return peer.row;
    }
    return null;
  }

  #wanted(config: UpstreamConfig) {
    const resolved = config.resolve === null ? {} : this.#resolved;
    const text = { added: this.#added, removed: this.#removed, resolved };
    return wantedOf(config.peers, text);
  }

  #setWeights(config: UpstreamConfig): void {
    for (const { address, as } of this.#wanted(config)) {
      const peer = this.#peers.get(address);
      if (peer === undefined || as === null) continue;
      peer.weight = weightIn(config, as);
      this.#show(peer, {});
    }
  }

  #show(peer: ControlledPeer, change: Partial<PeerStanding>): void {
    Object.assign(peer, change);
    this.#memory.show(peer);
  }

  #write(): void {
    this.#judgePanic();
    const [added, removed, resolved] = [this.#added, this.#removed, this.#resolved];
    this.#memory.write([...this.#peers.values()], { added, removed, resolved });
  }
}

function rowsOf({ peers, resolve }: UpstreamConfig): number {
  const names = resolve === null ? 0 : peers.length * ADDRESSES_MAX;
  return peers.length + names + SPARE_ROWS;
}

const weightIn = ({ peers }: UpstreamConfig, address: string): number =>
  peers.find((peer) => peer.address === address)?.weight ?? 1;
