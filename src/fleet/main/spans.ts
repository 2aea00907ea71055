// Where the spans of this process go: to the collector, as what the configuration says it is.

import { hostname } from "node:os";
import { collectorHeaders } from "../../base/config/tracing.ts";
import type { Config } from "../../base/config/types.ts";
import { version } from "../../base/version.ts";
import type { Logger } from "../../observe/log.ts";
import type { Metrics } from "../../observe/metrics.ts";
import { postSpans } from "../../observe/trace/post-spans.ts";
import { SpanExporter } from "../../observe/trace/span-exporter.ts";

interface SpanParts {
  readonly logger: Logger;
  readonly metrics: Metrics;
}

export function spanExporter({ node }: Config, { logger, metrics }: SpanParts): SpanExporter {
  const exported = metrics.counter("sluice_spans_exported_total");
  const dropped = metrics.counter("sluice_spans_dropped_total");
  return new SpanExporter({
    headers: collectorHeaders(process.env),
    resource: {
      "service.instance.id": crypto.randomUUID(),
      "service.version": version(),
      "host.name": hostname(),
      "process.pid": process.pid,
      "sluice.node": node.name,
    },
    version: version(),
    post: postSpans,
    onExported: (spans) => exported.add(spans),
    onDropped: (spans) => dropped.add(spans),
    onTrouble: (reason) => {
      if (reason === null) logger.info("spans are exported again");
      else logger.warn({ reason }, "spans are not exported");
    },
  });
}
