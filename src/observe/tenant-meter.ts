// What one tenant uses, counted by one worker: its handles are resolved once, so a request costs a
// few additions and no look-up.

import { NO_REQUEST_USE, type RequestUse } from "./limit-use.ts";
import type { Counter, Histogram, Metrics } from "./metrics.ts";
import { StatusCounters } from "./status-counters.ts";

export interface Metered {
  /** 0: the client got no answer. */
  readonly status: number;
  readonly bytesReceived: number;
  readonly bytesSent: number;
  readonly durationMs: number;
}

export class TenantMeter {
  /** That one request has used. */
  most: RequestUse = NO_REQUEST_USE;
  readonly #requests: StatusCounters;
  readonly #received: Counter;
  readonly #sent: Counter;
  readonly #scriptSeconds: Counter;
  readonly #hostCalls: Counter;
  readonly #durations: Histogram;

  constructor(metrics: Metrics, tenant: string) {
    this.#requests = new StatusCounters(metrics, tenant);
    this.#received = metrics.counter("sluice_tenant_received_bytes_total", tenant);
    this.#sent = metrics.counter("sluice_tenant_sent_bytes_total", tenant);
    this.#scriptSeconds = metrics.counter("sluice_tenant_script_seconds_total", tenant);
    this.#hostCalls = metrics.counter("sluice_tenant_host_calls_total", tenant);
    this.#durations = metrics.histogram("sluice_tenant_request_duration_seconds", tenant);
  }

  /** An exchange is over. */
  exchange({ status, bytesReceived, bytesSent, durationMs }: Metered): void {
    this.#requests.count(status);
    this.#durations.observe(durationMs / 1_000);
    if (bytesReceived > 0) this.#received.add(bytesReceived);
    if (bytesSent > 0) this.#sent.add(bytesSent);
  }

  /** A script had a part in it. */
  used({ cpuMs, logLines, logBytes, hostCalls }: RequestUse): void {
    const { most } = this;
    const isLess = cpuMs <= most.cpuMs && logLines <= most.logLines;
    if (isLess && logBytes <= most.logBytes && hostCalls <= most.hostCalls) return;
    this.most = {
      cpuMs: Math.max(cpuMs, most.cpuMs),
      logLines: Math.max(logLines, most.logLines),
      logBytes: Math.max(logBytes, most.logBytes),
      hostCalls: Math.max(hostCalls, most.hostCalls),
    };
  }

  turn(durationMs: number): void {
    this.#scriptSeconds.add(durationMs / 1_000);
  }

  /** A script asked the host for something: a timer, a body. */
  asked(): void {
    this.#hostCalls.add();
  }
}
