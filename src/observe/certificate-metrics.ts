// The metrics of what is done about certificates while the proxy runs. Part of metric-table.ts.

export const CERTIFICATE_COUNTERS = {
  sluice_acme_orders_total: {
    help: "Certificates that were ordered from an authority, by result (ok, failed).",
    labels: ["result"],
  },
  sluice_certificate_reloads_total: {
    help: "Certificates whose files changed, by result (ok, refused).",
    labels: ["result"],
  },
} as const;
