// Every resource of the admin API. What a proxy answers without a store is in status.ts and
// operate.ts.

import { applyRoutes } from "./apply.ts";
import { auditRoutes } from "./audit.ts";
import { captureRoutes } from "./captures.ts";
import { certificateRoutes } from "./certificates.ts";
import { counterRoutes } from "./counters.ts";
import { deploymentRoutes } from "./deployments.ts";
import { flagRoutes } from "./flags.ts";
import { memoryCacheRoutes } from "./memory-cache.ts";
import { nodeRoutes } from "./nodes.ts";
import type { ApiParts } from "./parts.ts";
import { rateLimitRoutes } from "./rate-limits.ts";
import { replayRoutes } from "./replays.ts";
import type { AdminRoute } from "./route.ts";
import { secretRoutes } from "./secrets.ts";
import { suspensionRoutes } from "./suspension.ts";
import { tenantRoutes } from "./tenants.ts";
import { tokenRoutes } from "./tokens.ts";
import { trafficRoutes } from "./traffic.ts";
import { upstreamRoutes } from "./upstreams.ts";
import { versionStatsRoutes } from "./version-stats.ts";

export const apiRoutes = (parts: ApiParts): readonly AdminRoute[] => [
  ...tenantRoutes(parts),
  ...applyRoutes(parts),
  ...suspensionRoutes(parts),
  ...deploymentRoutes(parts),
  ...trafficRoutes(parts),
  ...versionStatsRoutes(parts),
  ...captureRoutes(parts),
  ...replayRoutes(parts),
  ...tokenRoutes(parts),
  ...flagRoutes(parts),
  ...secretRoutes(parts),
  ...certificateRoutes(parts),
  ...counterRoutes(parts),
  ...rateLimitRoutes(parts),
  ...memoryCacheRoutes(parts),
  ...upstreamRoutes(parts),
  ...auditRoutes(parts),
  ...nodeRoutes(parts),
];
