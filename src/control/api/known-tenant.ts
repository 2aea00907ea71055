// Whether there is a tenant of that name, in the file or in the store.

import { OPERATOR } from "../../base/config/operator.ts";
import { NoTenant } from "./no-tenant.ts";
import type { ApiParts } from "./parts.ts";
import { settingsInFile } from "./tenant-answers.ts";

type Parts = Pick<ApiParts, "store" | "file">;

export const isTenant = async ({ store, file }: Parts, name: string): Promise<boolean> =>
  name === OPERATOR || settingsInFile(file, name) !== null || (await store.tenant(name)) !== null;

/** Who it is (base/identity.ts). Throws 404. */
export async function expectTenant(parts: Parts, name: string): Promise<string> {
  const id = await parts.store.identity(name);
  if (id === null || !(await isTenant(parts, name))) throw new NoTenant(name);
  return id;
}
