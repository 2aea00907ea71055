// Every resource of the admin API. What a proxy answers without a store is in status.ts and
// operate.ts.

import { auditRoutes } from "./audit.ts";
import { deploymentRoutes } from "./deployments.ts";
import type { ApiParts } from "./parts.ts";
import type { Route } from "./route.ts";
import { suspensionRoutes } from "./suspension.ts";
import { tenantRoutes } from "./tenants.ts";
import { tokenRoutes } from "./tokens.ts";
import { trafficRoutes } from "./traffic.ts";

export const apiRoutes = (parts: ApiParts): readonly Route[] => [
  ...tenantRoutes(parts),
  ...suspensionRoutes(parts),
  ...deploymentRoutes(parts),
  ...trafficRoutes(parts),
  ...tokenRoutes(parts),
  ...auditRoutes(parts),
];
