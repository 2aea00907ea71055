// What the log and the metrics say of a store that several machines share.

import { CLUSTER_LIMITS } from "../../base/cluster-limits.ts";
import type { ClusterEvents } from "../../control/store/cluster/cluster-events.ts";
import type { RegistryEvents } from "../../control/store/cluster/registry.ts";
import type { Logger } from "../../observe/log.ts";
import type { Metrics } from "../../observe/metrics.ts";

export function clusterLog(logger: Logger, metrics: Metrics): ClusterEvents & RegistryEvents {
  const unreachable = metrics.gauge("sluice_store_unreachable");
  unreachable.set(0);
  return {
    lost: ({ message }) => {
      unreachable.set(1);
      const said = "the store does not answer: this proxy serves on, and nothing can be changed";
      logger.error({ reason: message }, said);
    },
    found: (forMs) => {
      unreachable.set(0);
      logger.info({ forMs }, "the store answers again");
    },
    replaced: (places) => {
      const rows = places.filter(([table]) => table !== "revision");
      const some = rows.slice(0, CLUSTER_LIMITS.replacedShown);
      const changed = some.map(([table, key]) => [table, ...key].join(" "));
      const said = "the store's history is not what it was: what it says now is taken over";
      logger.warn({ rows: rows.length, changed }, said);
    },
    twin: (node) =>
      logger.warn({ node }, "another proxy has this one's node-id, as of a copied disk: it is new"),
    refused: (error) => logger.error({ err: error }, "the store cannot be copied"),
  };
}
