// Checks that the token that asked for a change is still valid. An upload takes seconds, and a
// body may take a minute to arrive: meanwhile the token may have been revoked, or the tenant that
// it was for deleted.

import type { SealedTable } from "./sealed-table.ts";
import type { Steps } from "./steps.ts";
import { StoreError } from "./store.ts";

/** Actors of the audit log that are tokens of the store: the environment's is none. */
const STORED = /^token:(?!env$)(.+)$/;

/** The id of the store's token that this actor is; undefined: it is none. */
export const storedTokenOf = (actor: string): string | undefined => STORED.exec(actor)?.[1];

/** In the transaction of the change. Throws StoreError. */
export function* expectToken(tokens: SealedTable, actor: string): Steps<void> {
  const id = storedTokenOf(actor);
  if (id === undefined) return;
  const row = yield* tokens.get(id);
  const expiresAtMs = row?.integerOrNull("expires_at_ms") ?? Number.POSITIVE_INFINITY;
  if (row !== null && expiresAtMs > Date.now()) return;
  const what = row === null ? "was revoked" : "has expired";
  throw new StoreError("revoked", `The token ${what} before this was done: nothing changed.`);
}
