// Writes the access line and the metrics of an exchange that is over, for one worker.

import { monotonicMs, toEpochMs } from "../../base/clock.ts";
import type { LogConfig, TracingConfig } from "../../base/config/types.ts";
import type { Refusal } from "../../downstream/serve-context.ts";
import {
  type AccessFields,
  accessLine,
  type Fetches,
  forTenant,
  type OperatorFields,
} from "../../observe/access.ts";
import type { KeptRequests } from "../../observe/kept-requests.ts";
import type { Counter, Metrics } from "../../observe/metrics.ts";
import { spansOf } from "../../observe/spans.ts";
import { StatusCounters } from "../../observe/status-counters.ts";
import type { Tail } from "../../observe/tail.ts";
import { spanCount, spansText } from "../../observe/trace/request-spans.ts";
import type { SpanBatch } from "../../observe/trace/span-batch.ts";
import { endedIn } from "../../phases/ended-in.ts";
import type { Exchange } from "../../phases/exchange.ts";
import { type Layer, type OuterLayer, outwards } from "../../phases/layer.ts";
import type { LogValue } from "../../phases/log-fields.ts";

export interface FinishedOptions {
  readonly metrics: Metrics;
  readonly log: LogConfig;
  readonly kept: KeptRequests;
  readonly write: (line: string) => void;
  readonly tail: Tail;
  /** Null: nothing is exported. */
  readonly exported: Exported | null;
}

export interface Exported extends Pick<TracingConfig, "exportsFailed"> {
  readonly batch: SpanBatch;
}

export class Finished {
  readonly #options: FinishedOptions;
  /** Requests that are no tenant's. */
  readonly #nobodys: StatusCounters;
  readonly #durations;
  readonly #received;
  readonly #sent;
  readonly #errors = new Map<string, Counter>();

  constructor(options: FinishedOptions) {
    const { metrics } = options;
    this.#options = options;
    this.#nobodys = new StatusCounters(metrics, "");
    this.#durations = metrics.histogram("sluice_request_duration_seconds");
    this.#received = metrics.counter("sluice_received_bytes_total");
    this.#sent = metrics.counter("sluice_sent_bytes_total");
  }

  exchange(exchange: Exchange): void {
    const nowMs = monotonicMs();
    const status = exchange.response?.status ?? 0;
    const { meter, bytesReceived, bytesSent } = exchange;
    const durationMs = toEpochMs(nowMs) - exchange.startMs;
    if (meter === null) this.#nobodys.count(status);
    else meter.exchange({ status, bytesReceived, bytesSent, durationMs });
    if (exchange.used !== null) meter?.used(exchange.used);
    if (exchange.fetches !== null) this.#fetched(exchange.tenant, exchange.fetches);
    if (exchange.outer === null) exchange.deployment?.health.ended(exchange, durationMs, nowMs);
    else this.#layersEnded(exchange, durationMs, nowMs);
    this.#durations.observe(durationMs / 1000);
    if (bytesReceived > 0) this.#received.add(bytesReceived);
    if (bytesSent > 0) this.#sent.add(bytesSent);
    if (exchange.error !== null) this.#error(exchange.error.code);
    if (exchange.attempt > 1) {
      this.#options.metrics
        .counter("sluice_retries_total", exchange.tenant)
        .add(exchange.attempt - 1);
    }
    const { tail, log } = this.#options;
    const { access, keep, slowMs } = log;
    const hasFailed = exchange.error !== null || status >= 500;
    const isWorthIt = hasFailed || durationMs >= slowMs;
    const isKept = isWorthIt && keep > 0 && exchange.tenant !== "";
    const isExported = this.#isExported(exchange, isWorthIt);
    if (access === "off" && !tail.isOpen && !isKept && !isExported) return;
    const fields = fieldsOf(exchange, status, durationMs);
    if (access !== "off") this.#options.write(accessLine(access, fields));
    if (tail.isOpen) tail.request(fields);
    if (isKept) this.#keep(exchange, fields);
    if (isExported) this.#export(exchange, fields);
  }

  #keep({ id, tenant, timings, trace }: Exchange, fields: AccessFields): void {
    const { kept, log } = this.#options;
    const { timeMs: startMs, durationMs } = fields;
    const line = accessLine("json", forTenant(fields));
    const spans = timings === null ? [] : spansOf(timings);
    const traceId = trace?.traceId ?? null;
    kept.add({ tenant, id, traceId, startMs, durationMs, line, spans }, log.keep);
  }

  #isExported({ trace }: Exchange, isWorthIt: boolean): boolean {
    const { exported } = this.#options;
    if (trace === null || exported === null) return false;
    return trace.isSampled || (isWorthIt && exported.exportsFailed);
  }

  #export({ tenant, trace, timings, client }: Exchange, fields: AccessFields): void {
    if (trace === null || timings === null) return;
    const request = { trace, timings, fields, isTls: client.tlsText !== "" };
    const spans = spanCount(timings);
    this.#options.exported?.batch.add(tenant, spans, () => spansText(request));
  }

  /** A request that became no exchange: a line all the same. */
  refused(refusal: Refusal): void {
    const { code, status, bytesReceived, bytesSent, tenant = null } = refusal;
    const meter = tenant?.meter ?? null;
    if (meter === null) this.#nobodys.count(status);
    else {
      meter.exchange({ status, bytesReceived, bytesSent, durationMs: 0 });
      // the figures of the whole proxy are the sums of its tenants'
      this.#durations.observe(0);
      if (bytesSent > 0) this.#sent.add(bytesSent);
    }
    this.#error(code);
    const { tail, log } = this.#options;
    const { access } = log;
    const isTailed = tail.isOpen && tenant !== null;
    if (access === "off" && !isTailed) return;
    const fields = refusedFields(refusal);
    if (access !== "off") this.#options.write(accessLine(access, fields));
    if (isTailed) tail.request(fields);
  }

  #layersEnded(exchange: Exchange, durationMs: number, nowMs: number): void {
    for (const layer of outwards(exchange)) {
      const { deployment, ctxState, reach, fetches } = layer;
      if (ctxState === "outside") continue;
      deployment?.health.ended(endedIn(layer, exchange), durationMs, nowMs);
      if (layer !== exchange && fetches !== null) this.#fetched(reach.name, fetches);
    }
  }

  #fetched(tenant: string, { count, ms }: Fetches): void {
    const { metrics } = this.#options;
    metrics.counter("sluice_tenant_fetches_total", tenant).add(count);
    metrics.counter("sluice_tenant_fetch_seconds_total", tenant).add(ms / 1_000);
  }

  #error(code: string): void {
    let counter = this.#errors.get(code);
    if (counter === undefined) {
      counter = this.#options.metrics.counter("sluice_errors_total", code);
      this.#errors.set(code, counter);
    }
    counter.add();
  }
}

const timesOf = ({ count, ms }: Fetches): Fetches => ({ count, ms });

const fieldsOf = (exchange: Exchange, status: number, durationMs: number): AccessFields => ({
  timeMs: exchange.startMs,
  id: exchange.id,
  tenant: exchange.tenant === "" ? null : exchange.tenant,
  deployment: exchange.deployment?.name ?? null,
  client: exchange.client.address,
  method: exchange.method,
  host: exchange.host,
  target: exchange.target,
  version: exchange.version,
  status,
  error: exchange.error?.code ?? null,
  reason: exchange.error?.message ?? null,
  bytesReceived: exchange.bytesReceived,
  bytesSent: exchange.bytesSent,
  durationMs,
  upstream: exchange.peer === "" ? null : exchange.peer,
  upstreamProtocol: exchange.upstream?.protocol === "HTTP/2" ? "HTTP/2" : null,
  reused: exchange.isReused,
  attempts: exchange.attempt,
  traceId: exchange.trace?.traceId ?? null,
  times: exchange.timings,
  fetches: exchange.fetches === null ? null : timesOf(exchange.fetches),
  marks: exchange.marks,
  fields: shownFields(exchange),
  operator: exchange.outer === null ? null : operatorOf(exchange.outer, exchange),
});

const refusedFields = (refusal: Refusal): AccessFields => ({
  timeMs: Date.now(),
  id: refusal.id,
  tenant: refusal.tenant?.name ?? null,
  deployment: null,
  client: refusal.client,
  method: refusal.head.method,
  host: refusal.head.host,
  target: refusal.head.target,
  version: refusal.version,
  status: refusal.status,
  error: refusal.code,
  reason: refusal.message,
  bytesReceived: refusal.bytesReceived,
  bytesSent: refusal.bytesSent,
  durationMs: 0,
  upstream: null,
  reused: false,
  attempts: 0,
});

const operatorOf = (layer: OuterLayer, { error, timings }: Exchange): OperatorFields => ({
  ...(timings === null ? {} : { scriptMs: timings.outerMs }),
  deployment: layer.deployment.name,
  hasFailed: error?.script === layer.deployment.tenant,
  fields: shownFields(layer),
});

/** Without secrets. */
function shownFields({ deployment, logFields }: Layer): Record<string, LogValue> | null {
  if (logFields === null) return null;
  const redact = deployment?.redact ?? String;
  return Object.fromEntries(
    [...logFields].map(([name, value]) => [
      name,
      typeof value === "string" ? redact(value) : value,
    ]),
  );
}
