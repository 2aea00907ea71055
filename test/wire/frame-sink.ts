// Whom the reader of frames tells, in its tests.

import type { CallResult, TurnCall } from "../../src/sandbox/call.ts";
import type { CallLine, FrameSink, Pending } from "../../src/sandbox/decode.ts";
import type { Asked } from "../../src/sandbox/host-call.ts";

/** Two calls, 7 and 9; 8 was cancelled. Everything they are told is written down. */
export class Sink implements FrameSink<Pending> {
  readonly told: string[] = [];
  readonly results: CallResult[] = [];
  readonly #calls = new Map([7, 9].map((id) => [id, this.#pending(id)]));

  #pending(id: number): Pending {
    const call: TurnCall = {
      startMs: 0,
      isFirst: true,
      writeTo: () => {},
      log: (level, hook, message) => this.told.push(`${id} ${level} ${hook} ${message}`),
      ...{ streamBody: () => ({ close: () => {} }), whenGone: () => {}, keep: () => {} },
      ...{ readBody: () => {}, fetch: () => null, goOn: () => () => {}, settle: () => {} },
    };
    return { id, call, effects: null, failure: null, hook: -1, ctx: "", goesOn: false };
  }

  find(callId: number): Pending | null | undefined {
    return callId === 8 ? null : this.#calls.get(callId);
  }

  done(pending: Pending, result: CallResult): void {
    this.told.push(`${pending.id} done`);
    this.results.push(result);
    this.#calls.delete(pending.id);
  }

  grown(): void {}

  notStarted(pending: Pending): void {
    this.told.push(`${pending.id} not started`);
  }

  ask(pending: Pending, asked: Asked): void {
    this.told.push(`${pending.id} asks ${asked.text}`);
  }
  withdraw(): void {}
  hold(): void {}
  lateLine(callId: number, { level, hook, message }: CallLine): void {
    this.told.push(`${callId} late ${level} ${hook} ${message}`);
  }
  log(level: number, message: string): void {
    this.told.push(`outside ${level} ${message}`);
  }
}
