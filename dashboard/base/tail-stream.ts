// The live tail: lines of the log as they happen, and how many are missing.

import type { Line } from "../types.ts";
import type { Problem } from "./api.ts";
import { EventStream, type StreamEvent } from "./event-stream.ts";
import type { AskedNode } from "./nodes.ts";

export interface TailEvents {
  /** Lines that came together. */
  lines(lines: readonly Line[]): void;
  /** So many were left out by the proxy, since this page was too slow for them. */
  dropped(lines: number): void;
  /** Lines of that proxy are missing from now on, or come again. */
  node(node: AskedNode): void;
  /** Null: it is open. Else why it is not; `isFinal`: it is not tried again. */
  state(problem: Problem | null, isFinal: boolean): void;
}

export class TailStream {
  readonly #events: TailEvents;
  readonly #stream: EventStream;

  constructor(path: string, events: TailEvents) {
    this.#events = events;
    this.#stream = new EventStream(path, {
      events: (all) => this.#tell(all),
      state: (problem, isFinal) => events.state(problem, isFinal),
    });
  }

  close(): void {
    this.#stream.close();
  }

  #tell(events: readonly StreamEvent[]): void {
    let lines: Line[] = [];
    const flush = (): void => {
      if (lines.length > 0) this.#events.lines(lines);
      lines = [];
    };
    for (const { name, data } of events) {
      const value = parsed(data);
      if (value === null) continue;
      if (name === "dropped") {
        flush();
        this.#events.dropped(Number(value.lines));
      } else if (name === "node") {
        this.#events.node(nodeOf(value));
      } else lines.push(value);
    }
    flush();
  }
}

const nodeOf = ({ id, node, reason }: Line): AskedNode => {
  return { id: String(id), name: String(node), reason: String(reason ?? "") };
};

function parsed(data: string): Line | null {
  try {
    const value: Line | null = JSON.parse(data);
    return typeof value === "object" ? value : null;
  } catch {
    return null;
  }
}
