// What hooks have asked of the host: what is under way, what has been answered and waits for a
// turn, and the longest time that a suspended call may wait. Everything held for a call is in one
// list, and is closed in one place, however the call ends: with a result, without its client, by
// its wall time, with its isolate or its lane.

import type { FrameWriter } from "../wire/frame.ts";
import { ASKS_MAX, FRAME_SIZE_MAX, IN } from "../wire/records.ts";
import type { CallResult, Failure } from "./call.ts";
import { FrameFault } from "./frame-text.ts";
import type { Asked, GiveAnswer, HostAnswer, HostCall } from "./host-call.ts";
import type { HostCallTable } from "./host-call-table.ts";
import type { LaneCall } from "./lane-call.ts";

interface ReadyAnswer extends HostAnswer {
  readonly askId: number;
  readonly callId: number;
}

/** One ask, until it is answered and holds nothing any more. */
interface OpenAsk {
  readonly id: number;
  readonly callId: number;
  readonly owner: Held;
  waitsForClient: boolean;
  hostCall: HostCall | null;
  isAnswered: boolean;
  /** Whatever it still says is said to nobody. */
  isOver: boolean;
}

/** What is held for one call. */
interface Held {
  readonly open: Set<OpenAsk>;
  /** The longest that it may wait. */
  wall: NodeJS.Timeout | undefined;
}

export interface HostAsksOptions {
  readonly kinds: HostCallTable;
  readonly wallMs: number;
  /** An answer is there. */
  readonly wake: () => void;
  readonly overdue: (callId: number) => void;
}

const GONE = "expected a Response whose body is there: the hook that fetched it is over";

export class HostAsks {
  /** Answers that are there, for the next turn. */
  readonly ready: ReadyAnswer[] = [];
  readonly #options: HostAsksOptions;
  readonly #held = new Map<number, Held>();
  /** Of all calls, by id. */
  readonly #open = new Map<number, OpenAsk>();
  #unanswered = 0;

  constructor(options: HostAsksOptions) {
    this.#options = options;
  }

  /** Throws FrameFault: our runtime would not have asked. */
  begin(pending: LaneCall, asked: Asked): void {
    const { id, text, bytes } = asked;
    const kind = this.#options.kinds[asked.kind];
    if (kind === undefined) throw new FrameFault("an unknown request");
    if (this.#unanswered >= ASKS_MAX || this.#open.has(id)) {
      throw new FrameFault("more asks than our runtime has");
    }
    const { waitsForClient } = kind;
    const owner = this.#heldFor(pending.id);
    const one: OpenAsk = {
      ...{ id, callId: pending.id, owner, waitsForClient },
      ...{ hostCall: null, isAnswered: false, isOver: false },
    };
    owner.open.add(one);
    this.#open.set(id, one);
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
    if (one === undefined) return;
    one.owner.open.delete(one);
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
    if (one !== undefined && one.hostCall?.isFed !== true) this.#letGo(one);
    return { ...result, effects: { ...effects, answer: full } };
  }

  /** It is another's to close. */
  #letGo(one: OpenAsk): void {
    one.owner.open.delete(one);
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
  suspend(callId: number): void {
    const held = this.#heldFor(callId);
    clearTimeout(held.wall);
    held.wall = setTimeout(this.#options.overdue, this.#options.wallMs, callId);
  }

  /** The call has its result. Returns what gives the rest of it so much time, from then on. */
  untimed(callId: number, ms: number): () => void {
    const held = this.#heldFor(callId);
    clearTimeout(held.wall);
    return () => {
      if (this.#held.get(callId) !== held) return;
      held.wall = setTimeout(this.#options.overdue, ms, callId);
    };
  }

  /** Whether the call waits for something that the client has yet to send. */
  waitsForClient(callId: number): boolean {
    for (const one of this.#held.get(callId)?.open ?? []) {
      if (one.waitsForClient && !one.isAnswered) return true;
    }
    return false;
  }

  /** The call is over: so is all that is held for it. `why`: it has failed. */
  forget(callId: number, why: Failure | null): void {
    const held = this.#held.get(callId);
    if (held === undefined) return;
    this.#held.delete(callId);
    clearTimeout(held.wall);
    for (const one of held.open) this.#close(one, why);
  }

  /** The isolate is lost: a new one counts its asks from the beginning. */
  clear(why: Failure): void {
    for (const callId of [...this.#held.keys()]) this.forget(callId, why);
    for (const { taken } of this.ready.splice(0)) taken?.();
  }

  readonly #hostCallOf = (askId: number): HostCall | null =>
    this.#open.get(askId)?.hostCall ?? null;

  #answering(one: OpenAsk): GiveAnswer {
    return ({ ok, text, bytes, taken }, stays = false) => {
      if (one.isOver || one.isAnswered) return taken?.();
      one.isAnswered = true;
      this.#unanswered--;
      if (!stays) {
        one.owner.open.delete(one);
        this.#open.delete(one.id);
      }
      this.ready.push({ askId: one.id, callId: one.callId, ok, text, bytes, taken });
      this.#options.wake();
    };
  }

  #close(one: OpenAsk, why: Failure | null): void {
    this.#open.delete(one.id);
    one.isOver = true;
    if (!one.isAnswered) this.#unanswered--;
    one.hostCall?.close(why);
  }

  #heldFor(callId: number): Held {
    const known = this.#held.get(callId);
    if (known !== undefined) return known;
    const held: Held = { open: new Set(), wall: undefined };
    this.#held.set(callId, held);
    return held;
  }
}

/** Puts an answer into the frame that goes in. */
function writeAnswer(frame: FrameWriter, { askId, ok, text, bytes }: ReadyAnswer): void {
  frame.record(IN.ANSWER, askId, ok ? 1 : 0, text.length, bytes?.length ?? 0);
  frame.text += text;
  if (bytes !== null && bytes.length > 0) frame.addBytes(bytes);
}
