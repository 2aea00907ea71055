// Where what a worker says by itself goes.

import type { CaptureNews } from "../../../observe/capture/rule.ts";
import type { Logger } from "../../../observe/log.ts";
import { LogWindow } from "../../../observe/log-window.ts";
import type { Sink } from "../../../observe/sink.ts";
import type { TailNews } from "../../../observe/tail-batch.ts";
import { charsOf, type SpanNews } from "../../../observe/trace/span-batch.ts";
import type { CacheAccess } from "../../../state/cache-messages.ts";
import type { CellNews } from "../../shared/cell-messages.ts";
import type { VersionTally } from "../../shared/messages.ts";

export interface ThreadOutput {
  readonly sink: Sink;
  readonly logger: Logger;
  /** What its scripts ask of memoryCache. */
  readonly caches: CacheAccess;
  readonly onTail: (news: TailNews) => void;
  readonly onCaptured: (news: CaptureNews) => void;
  readonly onSpans: (news: readonly SpanNews[]) => void;
  readonly onCells: (worker: number, news: CellNews) => void;
  /** @param worker  index of the worker that says so */
  readonly onHealth: (worker: number, reports: readonly VersionTally[]) => void;
}

/**
 * For one thread, with a window of its own for spans: what is lost with a thread takes no room of
 * the next one's.
 */
export function bounded(output: ThreadOutput) {
  const window = new LogWindow();
  const onSpans = (news: readonly SpanNews[]): void => {
    window.giveBack(charsOf(news));
    output.onSpans(news);
  };
  return { spanWindow: window.shared, told: { ...output, onSpans } };
}
