// Finds the tenant of a host: an exact name first, then the longest wildcard, then `*`.

import { hostNameOf } from "../../downstream/policy/host.ts";
import type { Tenant } from "../../downstream/serve-context.ts";

export interface HostClaim {
  /** Lower case: `a.example.com`, `*.example.com` or `*`. */
  readonly pattern: string;
  readonly tenant: Tenant;
}

export class HostTable {
  readonly #exact = new Map<string, Tenant>();
  /** By what follows the star: `.example.com`. */
  readonly #wild = new Map<string, Tenant>();
  readonly #any: Tenant | null;

  constructor(claims: readonly HostClaim[]) {
    let any: Tenant | null = null;
    for (const { pattern, tenant } of claims) {
      if (pattern === "*") any = tenant;
      else if (pattern.startsWith("*.")) this.#wild.set(pattern.slice(1), tenant);
      else this.#exact.set(pattern, tenant);
    }
    this.#any = any;
  }

  /** @param host  a Host field in lower case, with its port if it has one */
  find(host: string): Tenant | null {
    if (this.#exact.size + this.#wild.size === 0) return this.#any;
    const name = hostNameOf(host);
    return this.#exact.get(name) ?? this.#wildcard(name) ?? this.#any;
  }

  #wildcard(name: string): Tenant | null {
    if (this.#wild.size === 0) return null;
    for (let dot = name.indexOf(".", 1); dot !== -1; dot = name.indexOf(".", dot + 1)) {
      const tenant = this.#wild.get(name.slice(dot));
      if (tenant !== undefined) return tenant;
    }
    return null;
  }
}
