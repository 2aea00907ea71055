// Whether a tenant's configuration counts requests, for which it needs memory.

import type { PolicyConfig } from "./types.ts";

export const limitsRequests = (policy: PolicyConfig | null): boolean =>
  policy !== null &&
  (policy.requestLimit !== null || policy.routes.some((route) => route.requestLimit !== null));
