// What the log and the metrics say of a store that several machines share; and which work is put
// off, rather than failed, while it does not answer.

import type { ClusterEvents } from "../../control/store/cluster/follower.ts";
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
    replaced: () =>
      logger.warn("the store's history is not what it was: what it says now is taken over"),
    twin: (node) =>
      logger.warn({ node }, "another proxy has this one's node-id, as of a copied disk: it is new"),
    refused: (error) => logger.error({ err: error }, "the store cannot be copied"),
  };
}
