// Clients' connections that were closed unanswered: each is counted, and once in a while a line
// says so. A line for each would be what a flood wants.

import { LIMITS } from "../../base/limits.ts";
import type { DropReason, ServerOptions } from "../../downstream/server.ts";
import type { Logger } from "../../observe/log.ts";
import type { Metrics } from "../../observe/metrics.ts";

const BOUNDS: Readonly<Record<DropReason, string>> = {
  full: "limits.connections or ulimit -n",
  address: "limits.connectionsPerAddress",
  overload: "overload",
  handshakes: "limits.handshakesPerSecond",
};

/** What the near side tells of clients that are not served. */
export const protectionReports = (
  metrics: Metrics,
  logger: Pick<Logger, "warn" | "info">,
): Pick<ServerOptions, "dropped" | "overloaded"> => ({
  dropped: new DroppedClients(metrics, logger).add,
  overloaded: ({ isShedding, over: signal, ...signals }) => {
    if (!isShedding) return logger.info(signals, "no longer overloaded");
    metrics.counter("sluice_overloads_total", signal ?? "").add();
    logger.warn({ signal, ...signals }, "overloaded: a share of requests is answered with 503");
  },
});

class DroppedClients {
  readonly #metrics: Metrics;
  readonly #logger: Pick<Logger, "warn">;
  /** Since the last line, by reason. */
  readonly #since = new Map<DropReason, number>();

  constructor(metrics: Metrics, logger: Pick<Logger, "warn">) {
    this.#metrics = metrics;
    this.#logger = logger;
  }

  readonly add = (reason: DropReason, client: string): void => {
    this.#metrics.counter("sluice_client_connections_dropped_total", reason).add();
    const before = this.#since.get(reason);
    if (before !== undefined) return void this.#since.set(reason, before + 1);
    this.#tell(reason, 1, client);
    this.#since.set(reason, 0);
    setTimeout(() => this.#tellRest(reason, client), LIMITS.droppedLogMs).unref();
  };

  #tellRest(reason: DropReason, client: string): void {
    const count = this.#since.get(reason) ?? 0;
    this.#since.delete(reason);
    if (count > 0) this.#tell(reason, count, client);
  }

  #tell(reason: DropReason, connections: number, client: string): void {
    const fields = { connections, client, bound: BOUNDS[reason] };
    this.#logger.warn(fields, "clients' connections were closed unanswered");
  }
}
