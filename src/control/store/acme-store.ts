// What the store remembers of certificates that are ordered from an authority (RFC 8555): whose
// account it is, and how the orders stand, so that no two processes order the same name, and none
// forgets at a restart how long it has to wait. Where machines share the store, also what each of
// them is to answer the authority while an order is under way.

/** Ours at one authority. */
export interface AcmeAccount {
  /** Empty: the authority has not heard of it yet. */
  readonly url: string;
  /** PEM. Never logged, never in an answer. */
  readonly key: string;
}

/** Of a name whose certificate is being ordered, or could not be had. */
export interface AcmeOrder {
  readonly host: string;
  /** Who orders it now; it is anybody's from then on. */
  readonly holder: string;
  readonly untilMs: number;
  /** In a row. */
  readonly failures: number;
  /** When it is tried again. */
  readonly nextMs: number;
  /** Of the last failure, a sentence; empty: there was none. */
  readonly error: string;
}

export interface AcmeClaim {
  readonly host: string;
  readonly holder: string;
  /** By the store's clock: those of machines that share it may be apart. */
  readonly forMs: number;
}

/** What any proxy answers an authority, whichever of them has begun the order. */
export interface AcmeProof {
  readonly host: string;
  /** JSON; there may be a key in it. */
  readonly text: string;
}

/** Each method may reject with a StoreError. */
export interface AcmeStore {
  /** @param directory  URL of the authority's */
  acmeAccount(directory: string): Promise<AcmeAccount | null>;
  putAcmeAccount(directory: string, account: AcmeAccount): Promise<void>;
  acmeOrders(): Promise<readonly AcmeOrder[]>;
  /** False: somebody else is ordering that name. */
  claimAcmeOrder(claim: AcmeClaim): Promise<boolean>;
  /**
   * How it stands now that its holder has let it go. Nothing, if somebody else has it by now.
   * @param then  null: there is nothing left to remember
   */
  endAcmeOrder(
    at: Pick<AcmeOrder, "host" | "holder">,
    then: Pick<AcmeOrder, "failures" | "nextMs" | "error"> | null,
  ): Promise<void>;
  /**
   * Proxies are to show it: resolves to the revision. It goes with the next one that is put after
   * this time, if its order does not end it.
   */
  putAcmeProof(proof: AcmeProof & { readonly forMs: number }): Promise<number>;
  acmeProofs(): Promise<readonly AcmeProof[]>;
  /** No revision: others need not hear of it at once. */
  endAcmeProof(host: string): Promise<void>;
}
