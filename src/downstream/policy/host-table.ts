// Finds the tenant of a host: an exact name first, then the longest wildcard, then `*`.

import { hostNameOf } from "./host.ts";

export interface HostClaim<Owner> {
  /** Lower case: `a.example.com`, `*.example.com` or `*`. */
  readonly pattern: string;
  readonly owner: Owner;
}

export class HostTable<Owner> {
  readonly #exact = new Map<string, Owner>();
  /** By what follows the star: `.example.com`. */
  readonly #wild = new Map<string, Owner>();
  readonly #any: Owner | null;

  constructor(claims: readonly HostClaim<Owner>[]) {
    let any: Owner | null = null;
    for (const { pattern, owner } of claims) {
      if (pattern === "*") any = owner;
      else if (pattern.startsWith("*.")) this.#wild.set(pattern.slice(1), owner);
      else this.#exact.set(pattern, owner);
    }
    this.#any = any;
  }

  /** @param host  a Host field in lower case, with its port if it has one */
  find(host: string): Owner | null {
    if (this.#exact.size + this.#wild.size === 0) return this.#any;
    const name = hostNameOf(host);
    return this.#exact.get(name) ?? this.#wildcard(name) ?? this.#any;
  }

  #wildcard(name: string): Owner | null {
    if (this.#wild.size === 0) return null;
    for (let dot = name.indexOf(".", 1); dot !== -1; dot = name.indexOf(".", dot + 1)) {
      const owner = this.#wild.get(name.slice(dot));
      if (owner !== undefined) return owner;
    }
    return null;
  }
}
