// What hooks have asked of the host: what is under way, what has been answered and waits for a
// turn, and the longest time that a suspended call may wait. Everything held for a call is in one
// list, and is closed in one place, however the call ends: with a result, without its client, by
// its wall time, with its isolate or its lane.

import { randomInt } from "node:crypto";
import type { FrameWriter } from "../wire/frame.ts";
import { IdTable } from "../wire/id-table.ts";
import { ASKS_MAX, FRAME_SIZE_MAX, IN } from "../wire/records.ts";
import type { CallResult, Failure } from "./call.ts";
import { FrameFault } from "./frame-text.ts";
import { Held, OpenAsk } from "./held.ts";
import type { Asked, GiveAnswer, HostAnswer, HostCall } from "./host-call.ts";
import type { HostCallTable } from "./host-call-table.ts";
import type { LaneCall } from "./lane-call.ts";
import { Waits } from "./waits.ts";

interface ReadyAnswer extends HostAnswer {
  readonly askId: number;
  readonly callId: number;
}

export interface HostAsksOptions {
  readonly kinds: HostCallTable;
  /** Longest time that a call may await. */
  readonly wallMs: number;
  /** The same behind its result, from the end of its request. */
  readonly untilMs: number;
  /** An answer is there. */
  readonly wake: () => void;
  readonly overdue: (callId: number) => void;
}

const GONE = "expected a Response whose body is there: the hook that fetched it is over";

export class HostAsks {
  /** Answers that are there, for the next turn. */
  readonly ready: ReadyAnswer[] = [];
  readonly #options: HostAsksOptions;
  /** Of all calls. Their numbers come out of an isolate. */
  readonly #open = new IdTable<OpenAsk>(randomInt(0x7fff_ffff));
  /** Calls that await something, and those that go on behind their result. */
  readonly #waits: Waits;
  readonly #goingOn: Waits;
  #unanswered = 0;

  constructor(options: HostAsksOptions) {
    this.#options = options;
    this.#waits = new Waits(options.wallMs, options.overdue);
    this.#goingOn = new Waits(options.untilMs, options.overdue);
  }

  /** Throws FrameFault: our runtime would not have asked. */
  begin(pending: LaneCall, asked: Asked): void {
    const { id, text, bytes } = asked;
    const kind = this.#options.kinds[asked.kind];
    if (kind === undefined) throw new FrameFault("an unknown request");
    if (this.#unanswered >= ASKS_MAX || this.#open.get(id) !== null) {
      throw new FrameFault("more asks than our runtime has");
    }
    pending.held ??= new Held(pending.id);
    const one = new OpenAsk(id, pending.held, kind.waitsForClient);
    one.owner.open.add(one);
    this.#open.set(one);
    this.#unanswered++;
    pending.hasActed ||= kind.acts(asked);
    const ask = { text, bytes, held: this.#hostCallOf };
    const hostCall = kind.start(pending.call, ask, this.#answering(one));
    if (hostCall === null) throw new FrameFault("what our runtime does not ask for");
    one.hostCall = hostCall;
    one.waitsForClient ||= hostCall.waitsForClient === true;
    if (one.isOver) hostCall.close(null);
  }

  /** Its answer, or what it still holds, is not wanted any more. */
  withdraw(askId: number): void {
    const one = this.#open.get(askId);
    if (one === null) return;
    one.owner.open.remove(one);
    this.#close(one, null);
  }

  /** The answer's body is what an ask holds: it is the exchange's from here on. */
  handOver(result: CallResult): CallResult {
    const { effects } = result;
    const answer = effects?.answer ?? null;
    if (effects === null || answer === null) return result;
    const one = this.#open.get(effects.answerId);
    const given = one?.hostCall?.handOver?.(answer.headers) ?? GONE;
    if (typeof given === "string") {
      const failure = { code: "script_result", message: given, stack: "" } as const;
      return { ...result, failure, effects: { ...effects, answer: null } };
    }
    const full = Buffer.isBuffer(given) ? { ...answer, body: given } : { ...answer, source: given };
    if (one !== null && one.hostCall?.isFed !== true) this.#letGo(one);
    return { ...result, effects: { ...effects, answer: full } };
  }

  /** It is another's to close. */
  #letGo(one: OpenAsk): void {
    one.owner.open.remove(one);
    this.#open.delete(one.id);
    one.isOver = true;
  }

  hasAnswerFor(callId: number): boolean {
    return this.ready.some((answer) => answer.callId === callId);
  }

  /** Answers that are there, of that call alone if one is named, as long as the frame has room. */
  writeTo(frame: FrameWriter, answersMax: number, callId = 0): void {
    const wanted = callId === 0 ? this.ready : this.ready.filter((one) => one.callId === callId);
    let taken = 0;
    for (const answer of wanted) {
      if (taken === answersMax || frame.size >= FRAME_SIZE_MAX) break;
      writeAnswer(frame, answer);
      answer.taken?.();
      taken++;
    }
    if (wanted === this.ready) this.ready.splice(0, taken);
    else for (const one of wanted.slice(0, taken)) this.ready.splice(this.ready.indexOf(one), 1);
  }

  /** The call's turn is over without a result: from here on its wall time runs. */
  suspend(pending: LaneCall): void {
    pending.held ??= new Held(pending.id);
    this.#waits.add(pending.held);
  }

  /** The call has its result. Returns what gives the rest of it its time, from then on. */
  untimed(pending: LaneCall): () => void {
    const held = pending.held ?? new Held(pending.id);
    pending.held = held;
    held.waits?.remove(held);
    return () => {
      if (pending.held === held) this.#goingOn.add(held);
    };
  }

  /** Whether the call waits for something that the client has yet to send. */
  waitsForClient({ held }: LaneCall): boolean {
    for (let one = held?.open.first ?? null; one !== null; one = one.after) {
      if (one.waitsForClient && !one.isAnswered) return true;
    }
    return false;
  }

  /** The call is over: so is all that is held for it. `why`: it has failed. */
  forget(pending: LaneCall, why: Failure | null): void {
    const { held } = pending;
    if (held === null) return;
    pending.held = null;
    held.waits?.remove(held);
    for (let one = held.open.first; one !== null; one = held.open.first) {
      held.open.remove(one);
      this.#close(one, why);
    }
  }

  /** The isolate of these calls is lost: a new one counts its asks from the beginning. */
  clear(calls: readonly LaneCall[], why: Failure): void {
    for (const pending of calls) this.forget(pending, why);
    for (const { taken } of this.ready.splice(0)) taken?.();
    this.#waits.stop();
    this.#goingOn.stop();
  }

  readonly #hostCallOf = (askId: number): HostCall | null =>
    this.#open.get(askId)?.hostCall ?? null;

  #answering(one: OpenAsk): GiveAnswer {
    return ({ ok, text, bytes, taken }, stays = false) => {
      if (one.isOver || one.isAnswered) return taken?.();
      one.isAnswered = true;
      this.#unanswered--;
      if (!stays) {
        one.owner.open.remove(one);
        this.#open.delete(one.id);
      }
      this.ready.push({ askId: one.id, callId: one.owner.callId, ok, text, bytes, taken });
      this.#options.wake();
    };
  }

  #close(one: OpenAsk, why: Failure | null): void {
    this.#open.delete(one.id);
    one.isOver = true;
    if (!one.isAnswered) this.#unanswered--;
    one.hostCall?.close(why);
  }
}

/** Puts an answer into the frame that goes in. */
function writeAnswer(frame: FrameWriter, { askId, ok, text, bytes }: ReadyAnswer): void {
  frame.record(IN.ANSWER, askId, ok ? 1 : 0, text.length, bytes?.length ?? 0);
  frame.text += text;
  if (bytes !== null && bytes.length > 0) frame.addBytes(bytes);
}
