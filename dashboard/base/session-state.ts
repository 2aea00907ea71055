// Who is logged in, as every part of the page sees it.

import { signal } from "@preact/signals";

export type Role = "operator" | "deployer" | "reader";

export interface Session {
  readonly actor: string;
  readonly role: Role;
  /** Null: every tenant. */
  readonly tenant: string | null;
  readonly expiresAtMs: number | null;
}

/** Undefined: nobody has asked yet. Null: nobody is. */
export const session = signal<Session | null | undefined>(undefined);

export const signedOut = (): void => {
  session.value = null;
};

const RANKS: Readonly<Record<Role, number>> = { reader: 0, deployer: 1, operator: 2 };

/** Whether who is logged in has at least this role. */
export const may = (role: Role): boolean => {
  const own = session.value?.role;
  return own !== undefined && RANKS[own] >= RANKS[role];
};
