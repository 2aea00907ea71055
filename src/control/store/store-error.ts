// Why the store refuses, or cannot do what it was asked for.

/** Why a write was refused, or a read could not be had. */
export type StoreFault =
  /** There is no such tenant, version, flag, secret, token. */
  | "not_found"
  /** Somebody else was first: another revision than the expected one, or a host that is taken. */
  | "conflict"
  /** The disk is full, or not to be written. Nothing changed. */
  | "unavailable"
  /** The engine that several machines share does not answer. Its message is for the caller too. */
  | "unreachable"
  /** More is asked for at once than there are connections to it. Nothing changed. */
  | "busy"
  /** Another change has held the lock for long. Nothing changed. */
  | "locked"
  /** It did not say what became of the change. */
  | "unconfirmed"
  /** What one proxy at a time does, another one does by now. Nothing changed. */
  | "fenced"
  /** Another process takes over, and makes the changes from then on. */
  | "paused"
  /** The token that asked for it opens nothing any more. Nothing changed. */
  | "revoked"
  /** Nothing was configured to encrypt with. */
  | "keyless"
  /** What is stored is damaged, or cannot be decrypted with the keys that there are. */
  | "damaged";

/** Null: the engine that several machines share does not answer, or not soon. */
export async function unlessUnreachable<T>(work: Promise<T>): Promise<T | null> {
  return await unless(work, ["unreachable", "busy", "unconfirmed"]);
}

/** Null: it was refused for one of these reasons. */
export async function unless<T>(
  work: Promise<T>,
  faults: readonly StoreFault[],
): Promise<T | null> {
  try {
    return await work;
  } catch (thrown) {
    if (thrown instanceof StoreError && faults.includes(thrown.fault)) return null;
    throw thrown;
  }
}

export class StoreError extends Error {
  readonly fault: StoreFault;

  constructor(fault: StoreFault, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "StoreError";
    this.fault = fault;
  }
}
