// Requests that somebody may want to look at: those that failed and the slow ones, the newest of
// each tenant in this worker, with their line of the log and where their time went.

import { LIMITS } from "../base/limits.ts";
import type { Span } from "./spans.ts";

export interface KeptRequest {
  readonly id: string;
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
  add(tenant: string, request: KeptRequest, most: number): void {
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

  find(tenant: string, id: string): KeptRequest | null {
    return this.#tenants.get(tenant)?.findLast((one) => one.id === id) ?? null;
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
