// The log lines of one worker on their way to the main thread: a message for each line would cost
// more than the line, so they go in batches.

import { LIMITS } from "../base/limits.ts";
import type { LogWindow } from "./log-window.ts";
import { countLines } from "./sink.ts";

export interface LogBatchOptions {
  /** Sends text to the main thread, as `port.postMessage` does. */
  readonly post: (text: string) => void;
  readonly window: LogWindow;
  readonly onDrop: (lines: number) => void;
}

/** Takes whole lines. */
export class LogBatch {
  readonly #options: LogBatchOptions;
  readonly #timer: NodeJS.Timeout;
  #text = "";

  constructor(options: LogBatchOptions) {
    this.#options = options;
    this.#timer = setTimeout(() => this.flush(), LIMITS.logBatchMs).unref();
  }

  write(line: string): void {
    if (this.#text === "") this.#timer.refresh();
    this.#text += line;
    if (this.#text.length >= LIMITS.logBatchChars) this.flush();
  }

  /** Sends what there is. To be called before the worker ends. */
  flush(): void {
    const text = this.#text;
    if (text === "") return;
    this.#text = "";
    if (this.#options.window.take(text.length)) this.#options.post(text);
    else this.#options.onDrop(countLines(text));
  }

  [Symbol.dispose](): void {
    this.flush();
    clearTimeout(this.#timer);
  }
}
