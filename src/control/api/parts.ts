// What resources are made of. Each takes the parts that it needs; a new need is a new line here.

import type { Live } from "../live.ts";
import type { AuditEntry, Store } from "../store/store.ts";
import type { Caller } from "./route.ts";
import type { FileTenants } from "./tenant-answers.ts";

export interface ApiParts {
  readonly store: Store;
  readonly live: Live;
  readonly file: FileTenants;
}

/** What the audit log gets for a change. Never a secret's value, nor a token. */
export const auditOf = (
  caller: Caller,
  action: string,
  entry: Omit<AuditEntry, "actor" | "action">,
): AuditEntry => ({ actor: caller.actor, action, ...entry });
