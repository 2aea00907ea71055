// The metrics of what protects clients from each other. Part of metric-table.ts.

export const CLIENT_COUNTERS = {
  sluice_client_connections_total: { help: "Client connections accepted.", labels: [] },
  sluice_client_connections_dropped_total: {
    help: "Client connections closed unanswered, by reason: full, address, handshakes, overload.",
    labels: ["reason"],
  },
  sluice_overloads_total: {
    help: "Times that a worker began to shed requests, by signal: lagMs, requests or rssBytes.",
    labels: ["signal"],
  },
  sluice_proxy_headers_total: {
    help: "PROXY headers of balancers, by result: v1, v2, local (they name nobody) or failed.",
    labels: ["result"],
  },
} as const;
