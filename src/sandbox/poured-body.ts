// The body of an answer that its script makes as it goes: a piece at a time, which is asked for
// when the client takes it. It ends well only if the script says so: whatever else ends it breaks
// the answer off.
//
//     script ──write──▶ receiver ──▶ client         the write's answer asks for the next piece
//     script ◀── nobody wants it any more ── client

import { SluiceError } from "../base/errors.ts";
import type { AnswerSource, SourceReceiver } from "./answer-source.ts";
import type { Failure } from "./failure.ts";
import type { GiveAnswer, HostAnswer, HostAsk, HostCall } from "./host-call.ts";

const DONE: HostAnswer = { ok: true, text: "", bytes: null };
const UNWANTED: HostAnswer = {
  ok: false,
  text: "AbortError\nnobody reads it any more",
  bytes: null,
};
const OPEN: Failure = { code: "script_error", message: "its script has left it open", stack: "" };
const FAILED: Failure = { code: "script_error", message: "the script's stream failed", stack: "" };

type Given = "write" | "end" | "fail";

export class PouredBody implements HostCall {
  readonly isFed = true;
  /** Of the ask that began it: told when nobody wants it any more. */
  readonly #began: GiveAnswer;
  readonly #idleMs: number;
  #receiver: SourceReceiver | null = null;
  /** Of what the script has given last, until more is wanted. */
  #answer: GiveAnswer | null = null;
  /** What it gave before there was a receiver. */
  #early: { readonly given: Given; readonly bytes: Buffer } | null = null;
  #idle: NodeJS.Timeout | undefined;
  #isOver = false;
  #failure: Failure | null = null;

  constructor(began: GiveAnswer, idleMs: number) {
    this.#began = began;
    this.#idleMs = idleMs;
  }

  // What the script says.

  /** `write`: a piece. `end`, `fail`: that was all, or it cannot go on. */
  next({ text, bytes }: HostAsk, answer: GiveAnswer): HostCall | null {
    if (!isGiven(text) || (text === "write") !== bytes.length > 0) return null;
    if (this.#answer !== null) return null;
    if (this.#isOver) {
      answer(UNWANTED);
      return NOTHING;
    }
    clearTimeout(this.#idle);
    this.#answer = answer;
    if (this.#receiver === null) this.#early = { given: text, bytes };
    else this.#take(this.#receiver, text, bytes);
    return NOTHING;
  }

  handOver(): AnswerSource {
    return this.#source;
  }

  /** Its call is over. */
  close(why: Failure | null): void {
    this.#break(why ?? OPEN);
  }

  // What the exchange says.

  readonly #source: AnswerSource = {
    contentLength: -1,
    open: (receiver) => this.#open(receiver),
    pause: () => undefined,
    resume: () => this.#more(),
    close: () => this.#unwanted(),
  };

  #open(receiver: SourceReceiver): void {
    this.#receiver = receiver;
    const early = this.#early;
    this.#early = null;
    if (early !== null) this.#take(receiver, early.given, early.bytes);
    else if (this.#failure === null) this.#wait();
    else setImmediate(() => this.#tell(receiver, this.#failure ?? FAILED));
  }

  #take(receiver: SourceReceiver, given: Given, bytes: Buffer): void {
    if (given === "fail") return this.#break(FAILED);
    if (given === "write") {
      if (receiver.onData(bytes)) this.#more();
      return;
    }
    this.#over(DONE);
    receiver.onEnd("");
  }

  /** The client takes more. */
  #more(): void {
    const answer = this.#answer;
    if (answer === null) return;
    this.#answer = null;
    answer(DONE);
    this.#wait();
  }

  #wait(): void {
    this.#idle = setTimeout(() => {
      const message = `its stream gave nothing for ${this.#idleMs} ms (limits.hookWallMs)`;
      this.#break({ code: "script_timeout", message, stack: "" });
    }, this.#idleMs);
  }

  /** It cannot be given to its end: the client must see that. */
  #break(why: Failure): void {
    if (this.#isOver) return;
    this.#failure = why;
    this.#unwanted();
    if (this.#receiver !== null) this.#tell(this.#receiver, why);
  }

  #tell(receiver: SourceReceiver, { code, message }: Failure): void {
    receiver.onError(new SluiceError(code, message));
  }

  #unwanted(): void {
    if (this.#isOver) return;
    this.#over(UNWANTED);
    this.#began(UNWANTED);
  }

  #over(answer: HostAnswer): void {
    this.#isOver = true;
    clearTimeout(this.#idle);
    this.#answer?.(answer);
    this.#answer = null;
    this.#early = null;
  }
}

const isGiven = (text: string): text is Given =>
  text === "write" || text === "end" || text === "fail";

/** What is given is taken at once, or with its body. */
const NOTHING: HostCall = { close: () => undefined };
