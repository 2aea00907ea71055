// Where what the admin API changes is kept, in the shapes that the rest of Sluice sees.

import type { PostgresAddress } from "./postgres.ts";

export type StoreConfig =
  /** `isDefault`: the file does not say. */
  | { readonly kind: "sqlite"; readonly path: string; readonly isDefault: boolean }
  /** Shared by several machines. */
  | { readonly kind: "postgres"; readonly address: PostgresAddress }
  /** Forgets everything at the end of the process. */
  | { readonly kind: "memory" }
  | { readonly kind: "none" };

/** This proxy, among several that share a store. */
export interface NodeConfig {
  /** Folder of its copy of the store. */
  readonly data: string;
  /** For lists: nothing is found by it. */
  readonly name: string;
  /** URL of its admin address for the others; null: as it listens. */
  readonly address: string | null;
  /** Authorities of the others' certificates, PEM; null: what Node trusts. */
  readonly ca: string | null;
  /** For how long it is ready while the store does not answer; null: for ever. */
  readonly staleMsMax: number | null;
}
