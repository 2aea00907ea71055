// Calls that are over for the host while their code in the isolate is not told so yet. It may have
// gone on meanwhile: what it counted has counted, so what it logged is logged too.

import type { FrameWriter } from "../wire/frame.ts";
import { IN } from "../wire/records.ts";
import type { CallLine } from "./decode.ts";
import type { LaneCall } from "./lane-call.ts";

export class CancelledCalls {
  readonly #calls = new Map<number, LaneCall>();
  readonly #untold: number[] = [];
  /** Told by the frame under way. */
  #inFrame: number[] = [];

  /** How many the isolate is yet to be told of. */
  get size(): number {
    return this.#untold.length;
  }

  add(call: LaneCall): void {
    this.#calls.set(call.id, call);
    this.#untold.push(call.id);
  }

  writeTo(frame: FrameWriter, max: number): void {
    this.#inFrame = this.#untold.splice(0, max);
    for (const callId of this.#inFrame) frame.record(IN.CANCEL, callId);
  }

  /** Nothing of those that the frame told comes out any more. */
  endTurn(): void {
    for (const callId of this.#inFrame.splice(0)) this.#calls.delete(callId);
  }

  /** The isolate is gone. */
  clear(): void {
    this.#calls.clear();
    this.#untold.length = 0;
    this.#inFrame.length = 0;
  }

  log(callId: number, { level, hook, message }: CallLine): void {
    this.#calls.get(callId)?.call.log(level, hook, message);
  }
}
