// Reads a frame that came out of an isolate. Its arithmetic has been checked (wire/frame.ts);
// here the records find their calls. Anything that does not fit is a fault of the whole frame.

import { monotonicMs } from "../base/clock.ts";
import { frameFault } from "../wire/frame.ts";
import { HOOKS } from "../wire/phases.ts";
import { CTX_CHARS_MAX, OUT, OUTCOME } from "../wire/records.ts";
import { OUT_SHAPES } from "../wire/shapes.ts";
import type { CallResult, Effects, Failure, LineAbout, TurnCall } from "./call.ts";
import { newEffects } from "./call.ts";
import { readEffect } from "./effects.ts";
import { FrameFault, failureOf, idText, jsonText, levelOf } from "./frame-text.ts";
import type { Asked } from "./host-call.ts";
import { type OutFrame, RecordCursor } from "./record-cursor.ts";

/** A call under way, as the lane keeps it. */
export interface Pending {
  /** Given by the lane's table of calls. */
  id: number;
  readonly call: TurnCall;
  effects: Effects | null;
  failure: Failure | null;
  /** While it awaits: index of the hook, and ctx as text. -1 and empty: nothing came out yet. */
  hook: number;
  ctx: string;
  /** Something of it goes on behind its result. */
  goesOn: boolean;
}

/** Whom the reader tells. */
export interface FrameSink<P extends Pending> {
  /** The call with that id; null: it was cancelled; undefined: no such id was ever given out. */
  find(callId: number): P | null | undefined;
  done(pending: P, result: CallResult): void;
  notStarted(pending: P): void;
  ask(pending: P, asked: Asked): void;
  /** The answer to this ask is not wanted any more. */
  withdraw(pending: P, askId: number): void;
  /** What a call has done to its request has so many bytes more. Throws FrameFault. */
  grown(bytes: number): void;
  /** A line of a call that is over, written before its code could know that. */
  lateLine(callId: number, line: CallLine): void;
  /** Its request holds that key of an in-flight limit. */
  hold(pending: P, low: number, high: number): void;
  /** A line written outside any call. */
  log(level: number, message: string, about: LineAbout): void;
}

/** A line that a hook has logged. */
export interface CallLine {
  readonly level: number;
  readonly hook: string;
  readonly message: string;
}

const NO_CALL: LineAbout = { id: "", hook: "" };

const LATIN1 = /^[\0-\xff]*$/;

/**
 * Applies a frame to its calls. Throws FrameFault; calls before the faulty record keep what they
 * got.
 */
export function readFrame<P extends Pending>(frame: OutFrame, sink: FrameSink<P>): void {
  const sizes = { count: frame.count, text: frame.text.length, bytes: frame.bytes.length };
  const fault = frameFault(frame.words, sizes, OUT_SHAPES);
  if (fault !== null) throw new FrameFault(fault);
  if (!LATIN1.test(frame.text)) throw new FrameFault("text that is not latin1");
  new FrameReader(frame, sink).readAll();
}

class FrameReader<P extends Pending> {
  readonly #at: RecordCursor;
  readonly #sink: FrameSink<P>;
  /** One reading of the clock for all that came out together. */
  readonly #endMs = monotonicMs();

  constructor(frame: OutFrame, sink: FrameSink<P>) {
    this.#at = new RecordCursor(frame);
    this.#sink = sink;
  }

  readAll(): void {
    while (this.#at.next()) {
      const pending = this.#sink.find(this.#at.word(1));
      if (pending === undefined) this.#outside();
      else if (pending !== null) this.#read(pending);
      else if (this.#at.word(0) === OUT.LOG) this.#sink.lateLine(this.#at.word(1), this.#line());
      else this.#at.skip();
    }
  }

  /** Only a log line may belong to no call. */
  #outside(): void {
    if (this.#at.word(0) !== OUT.LOG || this.#at.word(1) !== 0) {
      throw new FrameFault(`a record for call ${this.#at.word(1)}, which does not exist`);
    }
    const message = jsonText(this.#at.cut(this.#at.word(3)));
    const id = this.#at.cut(this.#at.word(5));
    const about = id === "" ? NO_CALL : { id: idText(id), hook: HOOKS[this.#at.word(4)] ?? "" };
    this.#sink.log(levelOf(this.#at.word(2)), message, about);
  }

  #read(pending: P): void {
    switch (this.#at.word(0)) {
      case OUT.DONE:
        this.#done(pending);
        break;
      case OUT.LOG:
        this.#log(pending, this.#line());
        break;
      case OUT.FAIL:
        pending.failure = failureOf(this.#at.word(2), this.#at.cut(this.#at.word(3)));
        break;
      case OUT.ASK:
        this.#ask(pending);
        break;
      case OUT.WITHDRAW:
        this.#sink.withdraw(pending, this.#at.word(2));
        break;
      case OUT.HOLD:
        this.#sink.hold(pending, this.#at.word(2), this.#at.word(3));
        break;
      case OUT.GOES_ON:
        pending.goesOn = true;
        break;
      default:
        this.#effect(pending);
    }
  }

  #effect(pending: P): void {
    const effects = pending.effects ?? newEffects();
    pending.effects = effects;
    const { size } = effects;
    readEffect(effects, this.#at);
    this.#sink.grown(effects.size - size);
  }

  #log({ call }: P, { level, hook, message }: CallLine): void {
    call.log(level, hook, message);
  }

  #line(): CallLine {
    const hook = HOOKS[this.#at.word(4)] ?? "";
    const message = jsonText(this.#at.cut(this.#at.word(3)));
    this.#at.cut(this.#at.word(5));
    return { level: levelOf(this.#at.word(2)), hook, message };
  }

  #done(pending: P): void {
    const outcome = this.#at.word(2);
    const hook = this.#at.word(3);
    const ctx = this.#at.cut(this.#at.word(4));
    if (outcome === OUTCOME.notStarted) {
      this.#sink.notStarted(pending);
      return;
    }
    if (HOOKS[hook] === undefined) throw new FrameFault(`hook ${hook}`);
    if (ctx.length > CTX_CHARS_MAX) throw new FrameFault(`a ctx of ${ctx.length} characters`);
    if ((outcome === OUTCOME.failed) !== (pending.failure !== null)) {
      throw new FrameFault("an outcome without its failure, or the other way round");
    }
    if (outcome === OUTCOME.waits) {
      pending.hook = hook;
      pending.ctx = ctx;
      return;
    }
    const { failure, effects } = pending;
    this.#sink.done(pending, { failure, hook, ctx, effects, endMs: this.#endMs });
  }

  #ask(pending: P): void {
    const text = this.#at.cut(this.#at.word(4));
    const bytes = this.#at.cutBytes(this.#at.word(5));
    this.#sink.ask(pending, { id: this.#at.word(2), kind: this.#at.word(3), text, bytes });
  }
}
