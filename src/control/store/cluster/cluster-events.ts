// What the log says of PostgreSQL and of the copy of it.

import type { Place } from "../postgres/stored.ts";
import type { StoreError } from "../store.ts";

export interface ClusterEvents {
  /** PostgreSQL does not answer. */
  lost(error: StoreError): void;
  /** @param forMs  how long it had not answered */
  found(forMs: number): void;
  /**
   * Its history is another one than before, or goes back less far: all of it was compared.
   * @param places  rows that are not what they were
   */
  replaced(places: readonly Place[]): void;
  /** What it answers is not what was expected. */
  refused(error: unknown): void;
}
