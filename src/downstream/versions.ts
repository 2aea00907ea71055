// Which version of a tenant's script a request gets, when there are several: by share, so that a
// client stays with the version it once had, or the one that a tester asks for.
//
// Shares are dealt by weighted rendezvous hashing: each version draws a lot for each client, and
// the best one wins, weighed by its share. A change of shares then moves those clients alone that
// must move: from 10 % to 20 %, whoever was in stays in.

import { testedVersion } from "../base/tester-pass.ts";
import type { RequestHead } from "../http1/messages.ts";
import type { Deployment } from "../phases/deployment.ts";
import { fieldOf } from "../wire/headers.ts";
import { cookieOf } from "./cookies.ts";

export interface Version<D = Deployment> {
  readonly number: number;
  /** 0: for testers only. */
  readonly percent: number;
  readonly deployment: D;
}

/** What a client is known by. Without that cookie or header it is its address. */
export type StickyBy =
  | { readonly kind: "address" }
  | { readonly kind: "cookie" | "header"; readonly name: string };

export interface VersionsOptions<D = Deployment> {
  readonly tenant: string;
  readonly versions: readonly Version<D>[];
  readonly stickyBy: StickyBy;
  /** Signs the header with which testers ask for a version; empty: nobody may ask. */
  readonly testerKey: string;
}

export class Versions<D = Deployment> {
  readonly #options: VersionsOptions<D>;
  readonly #headerName: string;

  constructor(options: VersionsOptions<D>) {
    this.#options = options;
    const { stickyBy } = options;
    this.#headerName = stickyBy.kind === "header" ? stickyBy.name.toLowerCase() : "";
  }

  /** @param address  of the client, by the word of the nearest proxy that is not trusted */
  pick(head: RequestHead, address: string): D | null {
    return this.asked(head) ?? this.#dealt(this.#clientKey(head, address));
  }

  /** The one that a tester's pass asks for; null: none does. */
  asked({ noted }: RequestHead): D | null {
    const text = noted?.version;
    if (text === undefined) return null;
    const { tenant, testerKey, versions } = this.#options;
    if (testerKey === "") return null;
    const number = testedVersion(text, { tenant, key: testerKey, nowMs: Date.now() });
    return versions.find((version) => version.number === number)?.deployment ?? null;
  }

  #clientKey(head: RequestHead, address: string): string {
    const { stickyBy } = this.#options;
    if (stickyBy.kind === "address") return address;
    const value =
      stickyBy.kind === "header"
        ? fieldOf(head.headers, this.#headerName)
        : cookieOf(head.headers, stickyBy.name);
    return value === null || value === "" ? address : value;
  }

  #dealt(key: string): D | null {
    let best: D | null = null;
    let bestScore = -1;
    for (const { number, percent, deployment } of this.#options.versions) {
      if (percent === 0) continue;
      // -w / ln(u) for u in (0, 1): its maximum falls on a version as often as its share says
      const score = -percent / Math.log(lot(key, number));
      if (score <= bestScore) continue;
      best = deployment;
      bestScore = score;
    }
    return best;
  }
}

/** Between 0 and 1, both excluded; the same in every worker, for ever. */
function lot(key: string, version: number): number {
  let hash = 0x811c9dc5 ^ version; // FNV-1a, …
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ version, 0x01000193);
  hash ^= hash >>> 16; // … and MurmurHash3's finaliser, since FNV spreads its last bytes badly
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  hash ^= hash >>> 16;
  return ((hash >>> 0) + 0.5) / 0x100000000;
}
