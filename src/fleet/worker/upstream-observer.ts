// What happens to connections to peers, as metrics of one worker.

import type { Metrics } from "../../observe/metrics.ts";

export function upstreamObserver(metrics: Metrics) {
  const duration = metrics.histogram("sluice_upstream_connect_duration_seconds");
  const reused = new Map<string, { add(): void }>();
  return {
    connected(peer: { address: string }, connectMs: number): void {
      duration.observe(connectMs / 1000);
      metrics.counter("sluice_upstream_connects_total", peer.address).add();
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
