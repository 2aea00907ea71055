// Counts of spans on their way to a collector.

export const TRACE_COUNTERS = {
  sluice_spans_exported_total: { help: "Spans that the collector has taken.", labels: [] },
  sluice_spans_dropped_total: {
    help: "Spans lost: too many at a time, or a collector that refuses them or does not answer.",
    labels: [],
  },
} as const;
