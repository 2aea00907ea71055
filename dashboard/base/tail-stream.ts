// The live tail as a stream that comes again when it breaks off. EventSource cannot send the
// session's key, so the events are read from an answer's body.

import type { Line } from "../types.ts";
import { Problem, request } from "./api.ts";
import { backoffMs } from "./connection.ts";

export interface TailEvents {
  /** Lines that came together. */
  lines(lines: readonly Line[]): void;
  /** So many were left out by the proxy, since this page was too slow for them. */
  dropped(lines: number): void;
  /** Null: it is open. Else why it is not; `isFinal`: it is not tried again. */
  state(problem: Problem | null, isFinal: boolean): void;
}

export class TailStream {
  readonly #path: string;
  readonly #events: TailEvents;
  readonly #abort = new AbortController();
  #timer = 0;
  #failures = 0;

  constructor(path: string, events: TailEvents) {
    this.#path = path;
    this.#events = events;
    void this.#run();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#abort.abort();
  }

  async #run(): Promise<void> {
    const { signal } = this.#abort;
    try {
      const response = await request(this.#path, { signal });
      this.#failures = 0;
      this.#events.state(null, false);
      if (response.body !== null) await this.#read(response.body);
      if (!signal.aborted) this.#again(new Problem(0, "The stream has ended."));
    } catch (thrown) {
      if (signal.aborted) return;
      this.#again(thrown instanceof Problem ? thrown : new Problem(0, "The stream broke off."));
    }
  }

  #again(problem: Problem): void {
    const isFinal = problem.status >= 400 && problem.status < 500 && problem.status !== 429;
    this.#events.state(problem, isFinal);
    if (isFinal) return;
    this.#timer = setTimeout(() => void this.#run(), backoffMs(this.#failures++));
  }

  async #read(body: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
    let rest = "";
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const events = (rest + value).split("\n\n");
      rest = events.pop() ?? "";
      this.#tell(events);
    }
  }

  #tell(events: readonly string[]): void {
    let lines: Line[] = [];
    const flush = (): void => {
      if (lines.length > 0) this.#events.lines(lines);
      lines = [];
    };
    for (const event of events) {
      const name = /^event: (\w+)$/m.exec(event)?.[1];
      const data = /^data: (.*)$/m.exec(event)?.[1];
      if (name === undefined || data === undefined) continue;
      const value = parsed(data);
      if (value === null) continue;
      if (name !== "dropped") {
        lines.push(value);
        continue;
      }
      flush();
      this.#events.dropped(Number(value.lines));
    }
    flush();
  }
}

function parsed(data: string): Line | null {
  try {
    const value: Line | null = JSON.parse(data);
    return typeof value === "object" ? value : null;
  } catch {
    return null;
  }
}
