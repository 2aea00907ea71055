// The metrics of one worker that no exchange counts: what it has at the moment, set when a scraper
// asks, and what happens to connections to peers.

import type { DownstreamServer } from "../../downstream/server.ts";
import type { Metrics } from "../../observe/metrics.ts";
import { type PackedSnapshot, pack } from "../../observe/packed-snapshot.ts";
import { isolatesAlive } from "../../sandbox/engine.ts";
import type { Peer } from "../../upstream/transport.ts";
import type { PeerTransport } from "../../upstream/transports.ts";
import type { Draining } from "./draining.ts";
import type { TenantSet } from "./tenants.ts";

export interface MeasuredParts {
  readonly server: DownstreamServer;
  readonly transport: Pick<PeerTransport, "counts">;
  readonly draining: Draining;
  readonly tenants: TenantSet;
}

/** As the main thread is told of it. */
export function allCounted(metrics: Metrics, parts: MeasuredParts): PackedSnapshot {
  setFigures(metrics, parts);
  return pack(metrics.snapshot());
}

function setFigures(metrics: Metrics, parts: MeasuredParts): void {
  const { server, transport, draining, tenants } = parts;
  const { open, idle } = transport.counts;
  metrics.counter("sluice_client_connections_total").reach(server.clients.accepted);
  const { full, resumed, failed, limited } = server.tls;
  for (const [result, count] of Object.entries({ full, resumed, failed, limited })) {
    if (count > 0) metrics.counter("sluice_tls_handshakes_total", result).reach(count);
  }
  for (const [result, count] of Object.entries(server.proxied.counts)) {
    if (count > 0) metrics.counter("sluice_proxy_headers_total", result).reach(count);
  }
  metrics.gauge("sluice_connections").set(server.clients.count);
  metrics.gauge("sluice_requests_active").set(server.requests);
  metrics.gauge("sluice_ctx_live").set(server.liveCtx);
  metrics.gauge("sluice_upstream_connections").set(open);
  metrics.gauge("sluice_upstream_idle").set(idle);
  metrics.gauge("sluice_isolates").set(isolatesAlive());
  metrics.gauge("sluice_workers").set(1);
  metrics.gauge("sluice_tenants_draining").set(draining.tenants);
  setTenantFigures(metrics, tenants);
}

function setTenantFigures(metrics: Metrics, tenants: TenantSet): void {
  for (const name of TENANT_GAUGES) metrics.clear(name);
  for (const [tenant, { deployments }] of tenants) {
    if (deployments.size === 0) continue;
    let heapBytes = 0;
    let open = 0;
    for (const { deployment } of deployments.values()) {
      heapBytes += deployment.lane.heapBytes;
      if (!deployment.health.isClosed) open++;
    }
    metrics.gauge("sluice_tenant_heap_bytes", tenant).set(heapBytes);
    metrics.gauge("sluice_tenant_breakers_open", tenant).set(open);
  }
}

const TENANT_GAUGES = ["sluice_tenant_heap_bytes", "sluice_tenant_breakers_open"] as const;

export function upstreamObserver(metrics: Metrics) {
  const duration = metrics.histogram("sluice_upstream_connect_duration_seconds");
  const reused = new Map<string, { add(): void }>();
  return {
    connected(peer: Pick<Peer, "address" | "protocol">, connectMs: number): void {
      duration.observe(connectMs / 1000);
      metrics.counter("sluice_upstream_connects_total", peer.address).add();
      if (peer.protocol !== "http2") return;
      metrics.counter("sluice_upstream_http2_connects_total", peer.address).add();
    },
    connectFailed(peer: { address: string }, error: { code: string }): void {
      metrics.counter("sluice_upstream_errors_total", peer.address, error.code).add();
    },
    reused(peer: { address: string }): void {
      let counter = reused.get(peer.address);
      if (counter === undefined) {
        counter = metrics.counter("sluice_upstream_reused_total", peer.address);
        reused.set(peer.address, counter);
      }
      counter.add();
    },
  };
}
