// Consistent hashing, as nginx does it (Ketama's points, by CRC-32): each member has points on a
// ring, and a key goes to the next point clockwise. When a member goes, its keys alone move. With a
// bound a member takes at most that share of the average, and what is beyond goes to the next on
// the ring (Mirrokni et al. 2016).

import { crc32 } from "node:zlib";
import type { Member } from "./member.ts";
import type { BalancePolicy, Chooser, Eligibility } from "./policy.ts";

/** For each unit of weight: nginx's. The most loaded of ten peers has 1.11 times its share. */
const POINTS = 160;
/** Heavier ones are scaled to it: more points only cost time. */
const WEIGHT_MAX = 10;
const INFINITE = Number.POSITIVE_INFINITY;

export class ConsistentHash implements BalancePolicy {
  readonly measures = false;
  readonly #boundPercent: number;
  readonly #otherwise: BalancePolicy;
  #hashes = new Uint32Array(0);
  #owners: readonly Member[] = [];

  /**
   * @param boundPercent  of the average that a member has under way; 0: no bound
   * @param otherwise     for requests without a key
   */
  constructor(boundPercent: number, otherwise: BalancePolicy) {
    this.#boundPercent = boundPercent;
    this.#otherwise = otherwise;
  }

  changed(members: readonly Member[]): void {
    this.#otherwise.changed(members);
    const heaviest = members.reduce((most, { weight }) => Math.max(most, weight), 1);
    const scale = heaviest > WEIGHT_MAX ? WEIGHT_MAX / heaviest : 1;
    const points = members.flatMap((member) =>
      pointsOf(member.peer.address, Math.max(1, Math.round(POINTS * member.weight * scale))).map(
        (hash) => ({ hash, member }),
      ),
    );
    points.sort((a, b) => a.hash - b.hash);
    this.#hashes = Uint32Array.from(points, ({ hash }) => hash);
    this.#owners = points.map(({ member }) => member);
  }

  pick(members: readonly Member[], eligible: Eligibility, chooser: Chooser): Member | null {
    const key = chooser.hashKey();
    if (key === null) return this.#otherwise.pick(members, eligible, chooser);
    const bound = this.#boundPercent === 0 ? null : this.#boundOf(members, eligible);
    const start = this.#placeOf(crc32(key));
    let last: Member | null = null;
    let beyond: Member | null = null;
    for (let i = 0; i < this.#owners.length; i++) {
      const member = this.#owners[(start + i) % this.#owners.length]!;
      if (member === last) continue;
      last = member;
      if (member.priority !== members[0]?.priority || !eligible.accepts(member)) continue;
      const most = bound === null ? INFINITE : Math.ceil(bound * eligible.weightOf(member));
      if (member.active < most) return member;
      beyond ??= member;
    }
    return beyond;
  }

  /** Requests under way for each unit of weight that nobody may pass. */
  #boundOf(members: readonly Member[], eligible: Eligibility): number {
    let weights = 0;
    let active = 1;
    for (const member of members) {
      if (!eligible.accepts(member)) continue;
      weights += eligible.weightOf(member);
      active += member.active;
    }
    return ((active / Math.max(weights, 1)) * this.#boundPercent) / 100;
  }

  /** Of the first point that is not before the hash. */
  #placeOf(hash: number): number {
    let low = 0;
    let high = this.#hashes.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#hashes[middle]! < hash) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** crc32(host NUL port previous), as nginx and Cache::Memcached::Fast have it. */
function pointsOf(address: string, count: number): number[] {
  const at = address.startsWith("unix:") ? -1 : address.lastIndexOf(":");
  const host = at === -1 ? address : address.slice(0, at);
  const port = at === -1 ? "" : address.slice(at + 1);
  const base = crc32(`${host}\0${port}`);
  const previous = Buffer.alloc(4);
  const points: number[] = [];
  for (let i = 0; i < count; i++) {
    const hash = crc32(previous, base);
    points.push(hash);
    previous.writeUInt32LE(hash);
  }
  return points;
}
