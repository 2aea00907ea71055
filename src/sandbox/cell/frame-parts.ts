// Frames of a turn that go on in its next message. They wait until that has come, and happen with
// it or not at all: a result may be in one and what its call has counted in another.
//
//     PART  effects of A, the first pieces of its answer
//     PART  more of them
//     OUT   the rest, the result of A, and what A has counted      ─▶ all three are read

import { PIPE_LIMITS } from "./limits.ts";
import { messageBytes, PipeFault, type PipeMessage } from "./pipe.ts";

/** In the worker, for one lane. */
export class FrameParts {
  #parts: PipeMessage[] = [];
  #bytes = 0;

  /** Throws PipeFault. */
  add(part: PipeMessage): void {
    this.#bytes += messageBytes(part, []);
    if (this.#bytes > PIPE_LIMITS.partBytes) throw new PipeFault("parts of a frame without end");
    this.#parts.push(part);
  }

  /** All that waits, and the end of it. Nothing waits any more. */
  upTo(end: PipeMessage): readonly PipeMessage[] {
    if (this.#parts.length === 0) return [end];
    const whole = [...this.#parts, end];
    this.clear();
    return whole;
  }

  /** Its turn is over: what waits never was. */
  clear(): void {
    this.#parts = [];
    this.#bytes = 0;
  }
}

/** In the cell, for one turn: how much has gone in parts that wait for their end. */
export class SentParts {
  #bytes = 0;

  /** False: the worker would not keep so much, so that this one ends what it belongs to. */
  hasRoom(part: PipeMessage): boolean {
    this.#bytes += messageBytes(part, []);
    return this.#bytes <= PIPE_LIMITS.partBytes;
  }

  end(): void {
    this.#bytes = 0;
  }
}
