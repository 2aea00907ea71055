// Every metric of Sluice, declared once: name, labels, and the sentence that a scraper shows. Names
// and units follow Prometheus' conventions (base units, `_total` for what only grows).

import { CERTIFICATE_COUNTERS } from "./certificate-metrics.ts";
import { CLIENT_COUNTERS } from "./client-metrics.ts";
import { STATE_COUNTERS } from "./state-metrics.ts";
import { TRACE_COUNTERS } from "./trace-metrics.ts";

export interface Declaration {
  readonly help: string;
  readonly labels: readonly string[];
}

export interface HistogramDeclaration extends Declaration {
  /** Upper bounds of the buckets, ascending; the one to infinity comes by itself. */
  readonly bounds: readonly number[];
}

const REQUEST_SECONDS = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
] as const;

/** Fewer: there is one set for each tenant and worker. */
const TENANT_SECONDS = [0.005, 0.025, 0.1, 0.25, 1, 5, 30] as const;

const TURN_SECONDS = [
  0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
  0.5, 1,
] as const;

const PEER = ["tenant", "group", "peer"] as const;

const CALLS = [1, 2, 4, 8, 16, 32, 64, 128, 256] as const;

/** What only grows. The values of all workers add up. */
export const COUNTERS = {
  sluice_requests_total: {
    help: "Requests that ended, by tenant and by status of the answer (0: none).",
    labels: ["tenant", "status"],
  },
  ...CERTIFICATE_COUNTERS,
  ...CLIENT_COUNTERS,
  sluice_tls_handshakes_total: {
    help: "TLS handshakes of clients, by result: full, resumed, failed or limited.",
    labels: ["result"],
  },
  sluice_received_bytes_total: { help: "Bytes of request bodies from clients.", labels: [] },
  sluice_sent_bytes_total: { help: "Bytes of response bodies to clients.", labels: [] },
  sluice_errors_total: { help: "Failed requests, by error code.", labels: ["code"] },
  ...STATE_COUNTERS,
  ...TRACE_COUNTERS,
  sluice_retries_total: { help: "Attempts after the first, by tenant.", labels: ["tenant"] },
  sluice_tenant_received_bytes_total: {
    help: "Bytes of request bodies, by tenant.",
    labels: ["tenant"],
  },
  sluice_tenant_sent_bytes_total: {
    help: "Bytes of response bodies, by tenant.",
    labels: ["tenant"],
  },
  sluice_tenant_script_seconds_total: {
    help: "Time in turns of scripts, by tenant; in a cell with the way there and back.",
    labels: ["tenant"],
  },
  sluice_tenant_host_calls_total: {
    help: "What scripts asked of the host (timers, bodies, fetches), by tenant.",
    labels: ["tenant"],
  },
  sluice_tenant_fetches_total: {
    help: "Fetches of scripts, hops of redirects included, by tenant.",
    labels: ["tenant"],
  },
  sluice_tenant_fetch_seconds_total: {
    help: "Time from fetches to the heads of their responses, by tenant.",
    labels: ["tenant"],
  },
  sluice_tenant_log_lines_total: {
    help: "Lines that scripts wrote into the log, by tenant.",
    labels: ["tenant"],
  },
  sluice_tenant_log_bytes_total: {
    help: "Characters of those lines, by tenant.",
    labels: ["tenant"],
  },
  sluice_tenant_log_dropped_total: {
    help: "Lines of scripts beyond limits.logBytesPerSecond, by tenant.",
    labels: ["tenant"],
  },
  sluice_upstream_connects_total: { help: "Connections made, by peer.", labels: ["peer"] },
  sluice_upstream_http2_connects_total: { help: "Of those, by HTTP/2.", labels: ["peer"] },
  sluice_upstream_reused_total: {
    help: "Requests sent on a connection that had served before, by peer.",
    labels: ["peer"],
  },
  sluice_upstream_errors_total: {
    help: "Attempts that failed, by peer and error code.",
    labels: ["peer", "code"],
  },
  sluice_upstream_peer_ejections_total: { help: "Ejections of a peer, so far.", labels: PEER },
  sluice_script_errors_total: {
    help: "Hook calls that failed, by tenant, hook and error code.",
    labels: ["tenant", "hook", "code"],
  },
  sluice_breaker_changes_total: {
    help: "Changes of circuit breakers by tenant, of what (version, processes), and new state.",
    labels: ["tenant", "of", "state"],
  },
  sluice_deployments_total: {
    help: "Deployments by tenant and result: live, dry run, or the step at which it failed.",
    labels: ["tenant", "result"],
  },
  sluice_rollbacks_total: {
    help: "Versions that were taken back because they failed more than the old one, by tenant.",
    labels: ["tenant"],
  },
  sluice_isolate_kills_total: {
    help: "Isolates disposed of for overrunning a limit, by tenant.",
    labels: ["tenant"],
  },
  sluice_cell_deaths_total: {
    help: "Cells that died, by reason: deadline, stopped, memory, or the signal that ended them.",
    labels: ["reason"],
  },
  sluice_log_dropped_total: {
    help: "Log lines lost: their reader was too slow, or the disk under them full.",
    labels: [],
  },
  sluice_reloads_total: {
    help: "Reloads of the configuration, by result: ok or refused.",
    labels: ["result"],
  },
  process_cpu_seconds_total: {
    help: "Processor time of this process, user and system; processes of cells not among it.",
    labels: [],
  },
} as const satisfies Record<string, Declaration>;

/** What goes up and down. The values of all workers add up. */
export const GAUGES = {
  sluice_inflight_requests: {
    help: "What requests under way hold of a tenant's in-flight limits, by the limits' names.",
    labels: ["tenant", "name"],
  },
  sluice_connections: { help: "Client connections open.", labels: [] },
  sluice_requests_active: { help: "Requests under way.", labels: [] },
  sluice_ctx_live: { help: "Requests that hold a script's ctx.", labels: [] },
  sluice_upstream_connections: { help: "Connections to peers open.", labels: [] },
  sluice_upstream_queued: {
    help: "Requests that wait for a peer with room, by tenant and group.",
    labels: ["tenant", "group"],
  },
  sluice_upstream_peer_up: { help: "1: a peer takes requests; 0: it does not.", labels: PEER },
  sluice_upstream_peer_active: { help: "Attempts under way, WebSockets too.", labels: PEER },
  sluice_upstream_idle: { help: "Connections to peers that wait for a request.", labels: [] },
  sluice_cells: { help: "Processes that run the scripts of tenants.", labels: [] },
  sluice_isolates: { help: "Isolates alive in worker threads (inline lane).", labels: [] },
  sluice_tenant_heap_bytes: {
    help: "Memory of the isolates of a tenant's scripts, of at most limits.memoryMiB each.",
    labels: ["tenant"],
  },
  sluice_tenant_breakers_open: {
    help: "Versions of a tenant, times workers, that no request runs: breaker open, or disabled.",
    labels: ["tenant"],
  },
  sluice_tenants_draining: {
    help: "Tenants taken out of service by a reload that requests still use, per worker.",
    labels: [],
  },
  sluice_memory_cache_entries: { help: "Keys in memoryCache, by tenant.", labels: ["tenant"] },
  sluice_memory_cache_bytes: {
    help: "Bytes of memoryCache, by tenant, of at most limits.memoryCacheBytes each.",
    labels: ["tenant"],
  },
  sluice_workers: { help: "Worker threads that serve.", labels: [] },
  sluice_certificate_expiry_seconds: {
    help: "When a certificate that serves expires, since the epoch, by first name and serial.",
    labels: ["name", "serial"],
  },
  sluice_store_unreachable: { help: "1 while a shared PostgreSQL does not answer.", labels: [] },
  sluice_store_lag_seconds: {
    help: "For how long what is served has not been the newest of a shared PostgreSQL.",
    labels: [],
  },
  sluice_shared_counts_lag_seconds: {
    help: "Since what counters of all proxies count here was told, and that of the others read.",
    labels: [],
  },
  sluice_nodes: { help: "Proxies that share the PostgreSQL, by state.", labels: ["state"] },
  sluice_store_revision: {
    help: "Changes of what is served: those that the store has, and those served here (state).",
    labels: ["state"],
  },
  sluice_start_time_seconds: { help: "Start of the process, since the epoch.", labels: [] },
  sluice_build_info: {
    help: "Always 1; the versions are its labels.",
    labels: ["version", "node"],
  },
  process_start_time_seconds: { help: "Start of the process, since the epoch.", labels: [] },
  process_resident_memory_bytes: {
    help: "Memory of this process; processes of cells not among it.",
    labels: [],
  },
  process_open_fds: { help: "Open file descriptors.", labels: [] },
  process_max_fds: { help: "File descriptors that may be open (ulimit -n).", labels: [] },
} as const satisfies Record<string, Declaration>;

export const HISTOGRAMS = {
  sluice_request_duration_seconds: {
    help: "From the end of the request's head to the end of the answer.",
    labels: [],
    bounds: REQUEST_SECONDS,
  },
  sluice_tenant_request_duration_seconds: {
    help: "From the end of the request's head to the end of the answer, by tenant.",
    labels: ["tenant"],
    bounds: TENANT_SECONDS,
  },
  sluice_upstream_connect_duration_seconds: {
    help: "Time to establish a connection to a peer.",
    labels: [],
    bounds: REQUEST_SECONDS,
  },
  sluice_phase_duration_seconds: {
    help: "From the moment a hook could run to its result, by hook.",
    labels: ["hook"],
    bounds: TURN_SECONDS,
  },
  sluice_turn_duration_seconds: {
    help: "Time inside an isolate, for each turn.",
    labels: [],
    bounds: TURN_SECONDS,
  },
  sluice_turn_calls: { help: "Hook calls carried by one turn.", labels: [], bounds: CALLS },
} as const satisfies Record<string, HistogramDeclaration>;

export type CounterName = keyof typeof COUNTERS;
export type GaugeName = keyof typeof GAUGES;
export type HistogramName = keyof typeof HISTOGRAMS;
export type MetricName = CounterName | GaugeName | HistogramName;

/** One value for each label, in the order of the declaration. */
export type LabelValues<Labels extends readonly string[]> = {
  readonly [Index in keyof Labels]: string;
};
