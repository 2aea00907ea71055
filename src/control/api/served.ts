// Whether a tenant is there: of the file or of the API, it serves.

import type { Live } from "../live.ts";
import { ApiError } from "./problem.ts";

/** Throws a 404 unless it is. */
export function expectServed(live: Pick<Live, "tenants">, tenant: string): void {
  if (live.tenants().some(({ config }) => config.name === tenant)) return;
  throw new ApiError(404, "There is no such tenant.");
}
