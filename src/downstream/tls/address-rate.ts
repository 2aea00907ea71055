// How many TLS handshakes one address may begin: each costs half a millisecond of a worker, before
// anything is known of the client. A bucket for each address, which fills in a second. Of too many
// the one not seen longest goes: who has so many addresses is bounded by limits.connections alone.

import { isIPv6 } from "node:net";
import { LIMITS } from "../../base/limits.ts";

interface Bucket {
  /** Handshakes that may begin now. */
  left: number;
  atMs: number;
}

export class AddressRate {
  readonly #buckets = new Map<string, Bucket>();

  /** @param perSecond  0: any */
  admits(address: string, perSecond: number, nowMs: number): boolean {
    if (perSecond === 0) return true;
    const key = networkOf(address);
    const known = this.#buckets.get(key);
    const bucket = known ?? { left: perSecond, atMs: nowMs };
    const came = ((nowMs - bucket.atMs) * perSecond) / 1_000;
    bucket.left = Math.min(perSecond, bucket.left + came);
    bucket.atMs = nowMs;
    if (known !== undefined) this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    if (this.#buckets.size > LIMITS.handshakeAddresses) this.#dropOldest();
    if (bucket.left < 1) return false;
    bucket.left--;
    return true;
  }

  #dropOldest(): void {
    for (const oldest of this.#buckets.keys()) {
      this.#buckets.delete(oldest);
      return;
    }
  }
}

/** By what addresses are counted: a client of IPv6 has a whole /64 of them. */
export function networkOf(address: string): string {
  if (!isIPv6(address)) return address;
  const [head = "", tail] = address.split("%", 1)[0]?.split("::") ?? [];
  const groups = head === "" ? [] : head.split(":");
  const behind = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? 0 : 8 - groups.length - behind.length;
  const all = [...groups, ...Array.from({ length: Math.max(0, zeros) }, () => "0"), ...behind];
  return all
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(":");
}
