// One turn of an isolate in this thread: the frame in, and out as often as the runtime has more.
// What comes out is handed on at once, so that it counts even if the isolate dies in the next
// crossing.

import { machineMs } from "../base/clock.ts";
import { LIMITS } from "../base/limits.ts";
import { CAME, CONTROL, KILLED } from "../wire/control.ts";
import type { FrameWriter } from "../wire/frame.ts";
import { messageOf, type Stray, strayText } from "./death.ts";
import type { ScriptIsolate } from "./engine.ts";
import { FrameFault } from "./frame-text.ts";
import type { OutFrame } from "./record-cursor.ts";
import { framesOf, type Trace } from "./trace.ts";

export interface TurnInput {
  /** Its records are in the isolate's inbox. */
  readonly frame: FrameWriter;
  /** Number of the turn, above 0: tells the watchdog one turn from the next. */
  readonly turn: number;
  readonly nowMs: number;
  readonly seed: Int32Array;
  /** Null: nobody asks where its code stands. */
  readonly trace: Trace | null;
}

/** Whom a turn tells. */
export interface TurnOwner {
  /** What came out, valid until it returns. Throws FrameFault to end the isolate. */
  emit(frame: OutFrame, place: FramePlace): void;
  /** Something went wrong in the script that no request waits for. */
  stray(stray: Stray): void;
}

/** Where a frame stands among those of its turn. */
export interface FramePlace {
  /** It goes on in the next one. */
  readonly isPart: boolean;
  readonly isLast: boolean;
}

/** Why an isolate is of no use any more: a fault of its frame; null: it was disposed of. */
export interface IsolateEnd {
  readonly fault: FrameFault | null;
  /** Lines of the frames where a traced call stood; empty: none was. */
  readonly frames: string;
}

/** Crossings of one turn: two a record, and some. More: the runtime has been tampered with. */
const CROSSINGS_MAX = 8192;

/** What V8 says when there is no memory for a buffer. */
const STARVED = "Array buffer allocation failed";

/** Null: the isolate lives on. */
export function cross(
  isolate: ScriptIsolate,
  input: TurnInput,
  owner: TurnOwner,
): IsolateEnd | null {
  const crossings = new Crossings(isolate, input, owner);
  while (crossings.next());
  return crossings.end;
}

/** The crossings of one turn, one after the other: between two of them others may have theirs. */
export class Crossings {
  /** Null: the isolate lives on. */
  end: IsolateEnd | null = null;
  /** Something has been done inside whose frame, or the rest of it, is yet to come out. */
  isOpen = false;
  readonly #isolate: ScriptIsolate;
  readonly #turn: number;
  readonly #owner: TurnOwner;
  readonly #trace: Trace | null;
  #enter: () => string;
  #count = 0;

  constructor(isolate: ScriptIsolate, input: TurnInput, owner: TurnOwner) {
    const { frame, turn, nowMs, seed, trace } = input;
    this.#isolate = isolate;
    this.#trace = trace;
    this.#turn = turn;
    this.#owner = owner;
    isolate.windows.control[CONTROL.CALL_ID] = 0;
    isolate.windows.control[CONTROL.TRACED] = trace === null ? 0 : 1;
    setMachineTime(isolate.windows.control);
    this.#enter = () => this.#enterAnew(() => isolate.turn(frame, nowMs, seed, trace?.bound));
  }

  /**
   * True: there is more.
   * @param pausedMs  how long others had the thread since the last one: nobody's time in here
   */
  next(pausedMs = 0): boolean {
    const isolate = this.#isolate;
    if (pausedMs > 0) this.#pause(pausedMs);
    let text: string;
    try {
      text = inside(isolate, this.#turn, this.#enter);
    } catch (thrown) {
      return this.#hasThrown(thrown) && this.#mayGoOn();
    }
    if (this.#isStarved()) return this.#ends(null);
    const { control } = isolate.windows;
    this.isOpen = control[CONTROL.CAME] === CAME.later || control[CONTROL.IN_PARTS] === 1;
    try {
      if (control[CONTROL.CAME] !== CAME.later) {
        const out = takeFrame(isolate, this.#turn, text);
        const isLast = control[CONTROL.MORE] !== 1;
        this.#owner.emit(out, { isPart: this.isOpen, isLast });
        if (isLast) return false;
      }
    } catch (thrown) {
      // what has come out cannot be had: to ask again would not change that
      return this.#endsBy(thrown, "what came out of a turn cannot be taken");
    }
    this.#goOn();
    return this.#mayGoOn();
  }

  #goOn(): void {
    const isolate = this.#isolate;
    this.#enter = () => this.#enterAnew(() => isolate.take(false, this.#trace?.bound));
  }

  /** Nothing has come of it yet. */
  #enterAnew(enter: () => string): string {
    this.#isolate.windows.control[CONTROL.CAME] = 0;
    return enter();
  }

  /** True: only its text is lost, by a promise that was rejected with no one to catch it. */
  #hasThrown(thrown: unknown): boolean {
    const isolate = this.#isolate;
    const trace = isolate.isDisposed ? null : this.#trace;
    if (trace?.hasStopped(messageOf(thrown)) === true) return this.#stopped(trace, thrown);
    const { control } = isolate.windows;
    const came = control[CONTROL.CAME] ?? 0;
    if (isolate.isDisposed || thrown instanceof FrameFault || came === 0) {
      return this.#endsBy(thrown, "a turn stopped half-way");
    }
    const [callId, hook] = [control[CONTROL.CALL_ID] ?? 0, control[CONTROL.HOOK] ?? 0];
    const message = strayText(thrown).slice(0, LIMITS.scriptMessageChars);
    this.#owner.stray({ callId, hook, message });
    if (came === CAME.later) this.#goOn();
    else this.#enter = () => isolate.take(true, this.#trace?.bound);
    this.isOpen = true;
    return true;
  }

  #mayGoOn(): boolean {
    return ++this.#count < CROSSINGS_MAX || this.#ends(new FrameFault("a turn without end"));
  }

  /** A hook failed for want of memory that the script keeps: from then on every one would. */
  #isStarved(): boolean {
    const { control } = this.#isolate.windows;
    const callId = control[CONTROL.STARVED] ?? 0;
    if (callId === 0) return false;
    control[CONTROL.STARVED] = 0;
    if (!this.#isolate.isStarved) return false;
    control[CONTROL.CALL_ID] = callId;
    this.#isolate.dispose();
    return true;
  }

  #endsBy(thrown: unknown, what: string): false {
    // our own code in there wants memory too
    if (messageOf(thrown).includes(STARVED)) this.#isolate.dispose();
    if (this.#isolate.isDisposed) return this.#ends(null);
    const isFault = thrown instanceof FrameFault;
    return this.#ends(isFault ? thrown : new FrameFault(`${what}: ${messageOf(thrown)}`));
  }

  #stopped(trace: Trace, thrown: unknown): false {
    const { control } = this.#isolate.windows;
    control[CONTROL.KILLED] = trace.isOverrun ? KILLED.OVERRUN : KILLED.PAUSED;
    this.#isolate.dispose();
    return this.#ends(null, framesOf(strayText(thrown)));
  }

  /** Added up: not every crossing gets as far as to read it. */
  #pause(durationMs: number): void {
    const { control } = this.#isolate.windows;
    control[CONTROL.PAUSED_MS] = (control[CONTROL.PAUSED_MS] ?? 0) + Math.floor(durationMs);
  }

  #ends(fault: FrameFault | null, frames = ""): false {
    this.end = { fault, frames };
    return false;
  }
}

/** Of what threads share, which their own clocks would tell apart. */
function setMachineTime(control: Int32Array): void {
  const parts = Math.floor(machineMs() * 1_024);
  control[CONTROL.MACHINE_LOW] = (parts % 0x1_0000_0000) | 0;
  control[CONTROL.MACHINE_HIGH] = Math.floor(parts / 0x1_0000_0000);
}

/** The watchdog's time runs while the script has the thread, not while results are applied. */
function inside<T>(isolate: ScriptIsolate, turn: number, enter: () => T): T {
  const { control } = isolate.windows;
  // atomic both: either this thread sees that the watchdog sleeps, or the watchdog that it is busy
  Atomics.store(control, CONTROL.BUSY, turn);
  if (Atomics.load(control, CONTROL.UNWATCHED) === 1) isolate.rouse();
  try {
    return enter();
  } finally {
    control[CONTROL.BUSY] = 0;
  }
}

function takeFrame(isolate: ScriptIsolate, turn: number, text: string): OutFrame {
  const { control, outbox } = isolate.windows;
  const hasBytes = (control[CONTROL.OUT_BYTES] ?? 0) > 0;
  const bytes = hasBytes ? inside(isolate, turn, () => isolate.bytes()) : NO_BYTES;
  return { words: outbox, count: control[CONTROL.OUT_RECORDS] ?? 0, text, bytes };
}

const NO_BYTES = Buffer.alloc(0);
