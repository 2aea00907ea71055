// Who a tenant is, when its name does not say. A name may belong to one tenant after another, and
// what was made for one of them must open nothing of the next: its scripts and who gets them, its
// suspension, flags, secrets, tokens, counters, testers' passes, revisions, its isolates and the
// uploads that are on their way.
//
//   shop~9f86d081884c7d65     the name, and what tells this tenant from all others that had it
//
// A tenant of the API begins with the PUT that makes it and ends with its DELETE. One of the file
// begins when the file names it first. When the file names it no more it is gone, but what it has
// is kept for when the file names it again; it ends when the API makes or deletes one of its name.
// Where a tenant of the API is named by the file too, it is the same tenant.

import { randomBytes } from "node:crypto";

/** Stands in no name of a tenant. */
const MARK = "~";
const RANDOM_BYTES = 8;

export const newIdentity = (name: string): string =>
  `${name}${MARK}${randomBytes(RANDOM_BYTES).toString("hex")}`;

export function nameOfIdentity(id: string): string {
  const end = id.indexOf(MARK);
  return end === -1 ? id : id.slice(0, end);
}
