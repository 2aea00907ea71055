// What a worker has at the moment, for a scraper: set when it asks.

import type { DownstreamServer } from "../downstream/server.ts";
import type { Metrics } from "../observe/metrics.ts";
import { isolatesAlive } from "../sandbox/engine.ts";
import type { PeerTransport } from "../upstream/transports.ts";
import type { Draining } from "./draining.ts";

export interface WorkerParts {
  readonly server: DownstreamServer;
  readonly transport: Pick<PeerTransport, "counts">;
  readonly draining: Draining;
}

export function setFigures(metrics: Metrics, { server, transport, draining }: WorkerParts): void {
  const { open, idle } = transport.counts;
  metrics.counter("sluice_client_connections_total").reach(server.accepted);
  metrics.gauge("sluice_connections").set(server.connections);
  metrics.gauge("sluice_requests_active").set(server.requests);
  metrics.gauge("sluice_ctx_live").set(server.liveCtx);
  metrics.gauge("sluice_upstream_connections").set(open);
  metrics.gauge("sluice_upstream_idle").set(idle);
  metrics.gauge("sluice_isolates").set(isolatesAlive());
  metrics.gauge("sluice_workers").set(1);
  metrics.gauge("sluice_tenants_draining").set(draining.tenants);
}
