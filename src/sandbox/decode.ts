// Reads a frame that came out of an isolate. Its arithmetic has been checked (wire/frame.ts);
// here the records find their calls. Anything that does not fit is a fault of the whole frame.

import { frameFault } from "../wire/frame.ts";
import { HOOKS } from "../wire/phases.ts";
import { CTX_CHARS_MAX, OUT, OUT_SHAPES, OUTCOME, RECORD_WORDS } from "../wire/records.ts";
import type { CallResult, Effects, Failure, LineAbout, TurnCall, Used } from "./call.ts";
import { newEffects } from "./call.ts";
import { weigh } from "./effects-weight.ts";
import { FrameFault, failureOf, idText, jsonText, levelOf } from "./frame-text.ts";
import type { Asked } from "./host-call.ts";

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

export interface OutFrame {
  readonly words: Int32Array;
  readonly count: number;
  readonly text: string;
  readonly bytes: Buffer;
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
  /** A line written outside any call. */
  log(level: number, message: string, about: LineAbout): void;
}

const NO_CALL: LineAbout = { id: "", hook: "" };

const NO_BODY = Buffer.alloc(0);

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
  readonly #frame: OutFrame;
  readonly #sink: FrameSink<P>;
  #at = 0;
  #text = 0;
  #bytes = 0;

  constructor(frame: OutFrame, sink: FrameSink<P>) {
    this.#frame = frame;
    this.#sink = sink;
  }

  readAll(): void {
    for (let record = 0; record < this.#frame.count; record++) {
      this.#at = record * RECORD_WORDS;
      const pending = this.#sink.find(this.#word(1));
      if (pending === undefined) this.#outside();
      else if (pending === null) this.#skip();
      else this.#read(pending);
    }
  }

  readonly #wordAt = (index: number): number => this.#word(index);

  #word(index: number): number {
    return this.#frame.words[this.#at + index] ?? 0;
  }

  #cut(length: number): string {
    const from = this.#text;
    this.#text += length;
    return this.#frame.text.slice(from, this.#text);
  }

  #cutBytes(length: number): Buffer {
    const from = this.#bytes;
    this.#bytes += length;
    return this.#frame.bytes.subarray(from, this.#bytes);
  }

  /** The call is gone: only the sections move on. */
  #skip(): void {
    const shape = OUT_SHAPES[this.#word(0)];
    for (const index of shape?.text ?? []) this.#text += this.#word(index);
    for (const index of shape?.bytes ?? []) this.#bytes += this.#word(index);
  }

  /** Only a log line may belong to no call. */
  #outside(): void {
    if (this.#word(0) !== OUT.LOG || this.#word(1) !== 0) {
      throw new FrameFault(`a record for call ${this.#word(1)}, which does not exist`);
    }
    const message = jsonText(this.#cut(this.#word(3)));
    const id = this.#cut(this.#word(5));
    const about = id === "" ? NO_CALL : { id: idText(id), hook: HOOKS[this.#word(4)] ?? "" };
    this.#sink.log(levelOf(this.#word(2)), message, about);
  }

  #read(pending: P): void {
    switch (this.#word(0)) {
      case OUT.DONE:
        this.#done(pending);
        break;
      case OUT.LOG:
        this.#log(pending);
        break;
      case OUT.FAIL:
        pending.failure = failureOf(this.#word(2), this.#cut(this.#word(3)));
        break;
      case OUT.ASK:
        this.#ask(pending);
        break;
      case OUT.WITHDRAW:
        this.#sink.withdraw(pending, this.#word(2));
        break;
      case OUT.GOES_ON:
        pending.goesOn = true;
        break;
      default:
        pending.effects ??= newEffects();
        weigh(pending.effects, this.#wordAt);
        this.#effect(pending.effects);
    }
  }

  #log(pending: P): void {
    const hook = HOOKS[this.#word(4)] ?? "";
    const message = jsonText(this.#cut(this.#word(3)));
    this.#cut(this.#word(5));
    pending.call.log(levelOf(this.#word(2)), hook, message);
  }

  #done(pending: P): void {
    const outcome = this.#word(2);
    const hook = this.#word(3);
    const ctx = this.#cut(this.#word(4));
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
    this.#sink.done(pending, { failure, hook, ctx, effects });
  }

  #ask(pending: P): void {
    const text = this.#cut(this.#word(4));
    const bytes = this.#cutBytes(this.#word(5));
    this.#sink.ask(pending, { id: this.#word(2), kind: this.#word(3), text, bytes });
  }

  /** A script that lied here would have left its realm, and would have no limits anyway. */
  #used(): Used {
    const [cpuMs, logLines] = [this.#word(2), this.#word(3)];
    return { cpuMs, logLines, logBytes: this.#word(4), hostCalls: this.#word(5) };
  }

  #effect(effects: Effects): void {
    switch (this.#word(0)) {
      case OUT.EDIT: {
        const name = this.#cut(this.#word(4));
        const value = this.#cut(this.#word(5));
        effects.edits.push({ target: this.#word(2), op: this.#word(3), name, value });
        break;
      }
      case OUT.LINE: {
        const method = this.#cut(this.#word(3));
        effects.lines.push({ target: this.#word(2), method, path: this.#cut(this.#word(4)) });
        break;
      }
      case OUT.STATUS:
        effects.status = this.#word(2);
        break;
      case OUT.RESPOND: {
        const headers = this.#cut(this.#word(3));
        const text = Buffer.from(this.#cut(this.#word(4)), "latin1");
        const bytes = this.#cutBytes(this.#word(5));
        const body = bytes.length > 0 ? bytes : text;
        effects.answer = { status: this.#word(2), headers, body };
        break;
      }
      case OUT.RESPOND_BY: {
        const headers = this.#cut(this.#word(3));
        effects.answer = { status: this.#word(2), headers, body: NO_BODY };
        effects.answerId = this.#word(4);
        break;
      }
      case OUT.CHOOSE:
        effects.choice = this.#cut(this.#word(3));
        break;
      case OUT.BODY:
        effects.bodyAction = this.#word(2);
        effects.body = this.#cutBytes(this.#word(3));
        break;
      case OUT.DECIDE:
        effects.decision = this.#word(2);
        break;
      case OUT.USED:
        effects.used = this.#used();
        break;
      case OUT.LOG_FIELD: {
        const name = this.#cut(this.#word(2));
        effects.logFields.push({ name, value: this.#cut(this.#word(3)) });
        break;
      }
      case OUT.CLIENT_STATE:
        effects.clientState = this.#cut(this.#word(2));
        break;
      case OUT.OPTIONS:
        effects.options = this.#cut(this.#word(2));
        break;
    }
  }
}
