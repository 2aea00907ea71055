// The spans of a worker: batched, for the main thread, if the configuration wants them exported.

import type { Config } from "../../base/config/types.ts";
import { LIMITS } from "../../base/limits.ts";
import { LogWindow } from "../../observe/log-window.ts";
import type { Metrics } from "../../observe/metrics.ts";
import { SpanBatch, type SpanBatchOptions } from "../../observe/trace/span-batch.ts";
import type { WorkerInit } from "../shared/messages.ts";
import type { Exported } from "./finished.ts";

export const spanBatch = (
  { spanWindow }: Pick<WorkerInit, "spanWindow">,
  metrics: Metrics,
  post: SpanBatchOptions["post"],
): SpanBatch =>
  new SpanBatch({
    post,
    window: new LogWindow(spanWindow, LIMITS.spanWindowChars),
    onDrop: (spans) => metrics.counter("sluice_spans_dropped_total").add(spans),
  });

/** Null: nobody would take them. */
export function exportedBy({ tracing }: Config, batch: SpanBatch): Exported | null {
  if (tracing === null || tracing.endpoint === null) return null;
  return { batch, exportsFailed: tracing.exportsFailed };
}
