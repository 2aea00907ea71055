// Finds hooks that the version before had and a new version lacks. That may be meant, or a guard
// was lost unnoticed: so it is a warning and no error.

import type { TenantScripts } from "../live.ts";
import type { Store } from "../store/store.ts";
import { versionName } from "./version-name.ts";

export interface NewHooks {
  readonly tenant: string;
  readonly hooks: readonly string[];
}

/** A sentence; null: it has all that the version had which most clients got so far. */
export async function lostHooks(
  store: Pick<Store, "deployment">,
  { tenant, hooks }: NewHooks,
  before: TenantScripts,
): Promise<string | null> {
  const [most] = before.versions.toSorted((one, two) => two.percent - one.percent);
  const found = most === undefined ? null : await store.deployment(tenant, most.version);
  const lost = found?.hooks.filter((hook) => !hooks.includes(hook)) ?? [];
  if (found === null || lost.length === 0) return null;
  const none = hooks.length === 0 ? ", nor any other hook: requests pass as they are" : "";
  return `it has no ${lost.join(", no ")}, unlike ${versionName(found.version)} before it${none}`;
}
