// What an authority is answered by all proxies that share the store, whichever of them orders: who
// looks is led to any of them. A proof is a revision of the store, so that the others follow it as
// they follow all that goes live, and say when they do.

import { LIMITS } from "../../../base/limits.ts";
import { everywhere } from "../../deploy/everywhere.ts";
import type { Live } from "../../live.ts";
import type { Nodes } from "../../nodes.ts";
import type { AcmeStore } from "../../store/acme-store.ts";
import type { Proof } from "./authority.ts";

/** What an authority that asks us as a client is answered. */
export type ShownProof = Exclude<Proof, { readonly type: "dns-01" }> & { readonly host: string };

export interface SharedProofsParts {
  readonly live: Pick<Live, "change">;
  readonly store: { readonly acme: Pick<AcmeStore, "putAcmeProof" | "endAcmeProof"> };
  readonly nodes: Nodes;
}

export class SharedProofs {
  readonly #parts: SharedProofsParts;

  constructor(parts: SharedProofsParts) {
    this.#parts = parts;
  }

  /**
   * Resolves when every proxy that lives shows it, or cannot. Of one that is cut off the authority
   * gets the wrong answer: then the order fails, and is tried again.
   */
  async show(proof: ShownProof, signal: AbortSignal): Promise<void> {
    const { live, store, nodes } = this.#parts;
    const { host } = proof;
    const stored = { host, forMs: LIMITS.acmeClaimMs, text: JSON.stringify(proof) };
    const result = await live.change({
      plan: async () => new Map(),
      write: () => store.acme.putAcmeProof(stored),
    });
    if (!result.ok) throw new Error(`the proof cannot be shown: ${result.problems.join("; ")}`);
    await everywhere(nodes, result.revision, signal);
  }

  /** The others let go of it with the next change, which is mostly the certificate. */
  async withdraw(host: string): Promise<void> {
    await this.#parts.store.acme.endAcmeProof(host);
  }
}
