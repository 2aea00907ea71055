// Server-sent events as a stream that comes again when it breaks off, and goes on where it was.
// EventSource cannot send the session's key, so they are read from an answer's body.

import { Problem, request } from "./api.ts";
import { backoffMs } from "./connection.ts";

export interface StreamEvent {
  readonly name: string;
  /** JSON, as it came. */
  readonly data: string;
}

export interface StreamReader {
  /** Those that came together. */
  events(events: readonly StreamEvent[]): void;
  /** Null: it is open. Else why it is not; `isFinal`: it is not tried again. */
  state(problem: Problem | null, isFinal: boolean): void;
  /** Nobody reads it any more. */
  closed?(): void;
}

/** Three heartbeats of the proxy: who hears none of them has no connection any more. */
const SILENT_MS = 45_000;

export class EventStream {
  readonly #path: string;
  readonly #reader: StreamReader;
  readonly #abort = new AbortController();
  #timer = 0;
  #failures = 0;
  /** Empty: no event had one. */
  #lastId = "";

  constructor(path: string, reader: StreamReader) {
    this.#path = path;
    this.#reader = reader;
    void this.#run();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#abort.abort();
    this.#reader.closed?.();
  }

  async #run(): Promise<void> {
    const { signal } = this.#abort;
    try {
      const response = await request(this.#path, { signal, lastEventId: this.#lastId });
      this.#failures = 0;
      this.#reader.state(null, false);
      if (response.body !== null) await this.#read(response.body);
      if (!signal.aborted) this.#again(new Problem(0, "The stream has ended."));
    } catch (thrown) {
      if (signal.aborted) return;
      this.#again(thrown instanceof Problem ? thrown : new Problem(0, "The stream broke off."));
    }
  }

  #again(problem: Problem): void {
    const isFinal = problem.status >= 400 && problem.status < 500 && problem.status !== 429;
    this.#reader.state(problem, isFinal);
    if (isFinal) return;
    this.#timer = setTimeout(() => void this.#run(), backoffMs(this.#failures++));
  }

  async #read(body: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
    let rest = "";
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const timer = setTimeout(() => void reader.cancel(), SILENT_MS);
      const { done, value } = await reader.read().finally(() => clearTimeout(timer));
      if (done) return;
      const blocks = (rest + value).split("\n\n");
      rest = blocks.pop() ?? "";
      const events = blocks.flatMap((block) => this.#eventOf(block));
      if (events.length > 0) this.#reader.events(events);
    }
  }

  /** Comments, and what says when to come again, are none. */
  #eventOf(block: string): StreamEvent[] {
    let name = "";
    let data: string | null = null;
    for (const line of block.split("\n")) {
      if (line.startsWith("id: ")) this.#lastId = line.slice(4);
      else if (line.startsWith("event: ")) name = line.slice(7);
      else if (line.startsWith("data: ")) data = line.slice(6);
    }
    return data === null ? [] : [{ name, data }];
  }
}
