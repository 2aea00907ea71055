// Requests that somebody may want to look at: those that failed and the slow ones, the newest of
// each tenant in this worker, with their line of the log and where their time went.

import { LIMITS } from "../base/limits.ts";
import type { Span } from "./spans.ts";

export interface KeptRequest {
  readonly tenant: string;
  readonly id: string;
  /** Null: nobody traced. */
  readonly traceId: string | null;
  /** Milliseconds since the epoch. */
  readonly startMs: number;
  readonly durationMs: number;
  /** As the tenant may see it: JSON. */
  readonly line: string;
  readonly spans: readonly Span[];
}

export class KeptRequests {
  /** By tenant, of whom something was kept longest ago first. */
  readonly #tenants = new Map<string, KeptRequest[]>();
  #count = 0;

  /** @param most  of one tenant */
  add(request: KeptRequest, most: number): void {
    const { tenant } = request;
    const kept = this.#tenants.get(tenant) ?? [];
    this.#tenants.delete(tenant);
    this.#tenants.set(tenant, kept);
    kept.push(request);
    this.#count++;
    while (kept.length > most) this.#drop(kept);
    while (this.#count > LIMITS.keptRequests) this.#dropOldest();
  }

  /** The newest first. */
  of(tenant: string): readonly KeptRequest[] {
    return (this.#tenants.get(tenant) ?? []).toReversed();
  }

  /** By its id, or that of its trace. @param tenant  whose; null: anybody's */
  find(tenant: string | null, id: string): KeptRequest | null {
    if (tenant !== null) return findIn(this.#tenants.get(tenant) ?? [], id);
    for (const kept of this.#tenants.values()) {
      const found = findIn(kept, id);
      if (found !== null) return found;
    }
    return null;
  }

  #drop(kept: KeptRequest[]): void {
    kept.shift();
    this.#count--;
  }

  #dropOldest(): void {
    const [[tenant = "", kept = []] = []] = this.#tenants;
    this.#drop(kept);
    if (kept.length === 0) this.#tenants.delete(tenant);
  }
}

const findIn = (kept: readonly KeptRequest[], id: string): KeptRequest | null =>
  kept.findLast((one) => one.id === id || one.traceId === id) ?? null;
