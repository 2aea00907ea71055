// What one call learns, as text: noted while its request is captured, or given back to it while
// that is replayed. A replayed call asks the host for nothing that its record could answer, so it
// reaches nobody's network, in whatever process it runs.
//
//   [[1,"requests",42],[9,"",[1764000000000.25,-7,1763999999000]],[4,"3 [\"GET\",…]",[1,"…",""]]]
//    source, key, value: in the order in which they were learnt

import { ASK } from "../../src/wire/asks.ts";
import { NOTES_CHARS_MAX, NOTES_CUT, NOTES_PASSED } from "../../src/wire/records.ts";
import type { Answer } from "./answer.ts";
import { quote } from "./ascii-json.ts";
import { type ClockState, clockState, setClock } from "./clock.ts";
import { type Learning, SOURCE, type Source } from "./learnt.ts";
import { fromJson, textBytes, toJson } from "./notes-json.ts";
import { arrayIsArray, arrayPush, jsonParse } from "./primordials.ts";

const toNumber = Number;

/** Beside those of SOURCE: the clock and the seed with which a slice began. */
const CLOCK = 9;

/** What the host is asked for and a record has. What is left out is done by the host each time. */
const NOTED_ASKS: readonly number[] = [
  ...[ASK.timer, ASK.body, ASK.fetch, ASK.next, ASK.cache, ASK.code, ASK.pbkdf2, ASK.rsaPair],
];

export const isNotedAsk = (kind: number): boolean => {
  for (let i = 0; i < NOTED_ASKS.length; i++) if (NOTED_ASKS[i] === kind) return true;
  return false;
};

/** Whose answers reach out of the isolate's process: a replay has them from its record, or not. */
export const isOutward = (kind: number): boolean => kind === ASK.fetch || kind === ASK.cache;

export class Recording implements Learning {
  #text = "";
  #isCut = false;
  #isTaken = false;

  learn<T>(source: Source, key: string, value: T): T {
    // a record has no secrets: what replays it has the tenant's
    if (source !== SOURCE.secret) this.#add(source, key, toJson(source, value));
    return value;
  }

  begin(): void {
    const { nowMs, seed, originMs } = clockState();
    this.#add(CLOCK, "", `[${nowMs},${seed},${originMs}]`);
  }

  end(): void {}

  /** A fetched body goes to the client, and no record has it. */
  passed(): void {
    this.#append(NOTES_PASSED);
  }

  /** Once, when the call has its result; null: it had it before. */
  take(): string | null {
    if (this.#isTaken) return null;
    this.#isTaken = true;
    return this.#isCut ? NOTES_CUT : `[${this.#text}]`;
  }

  #add(source: number, key: string, json: string): void {
    if (!this.#isTaken) this.#append(`[${source},${quote(key)},${json}]`);
  }

  #append(entry: string): void {
    if (this.#isCut) return;
    this.#isCut = this.#text.length + entry.length > NOTES_CHARS_MAX;
    if (!this.#isCut) this.#text += this.#text === "" ? entry : `,${entry}`;
  }
}

/** An ask that the record answers, in its turn. */
interface Due {
  readonly askId: number;
  /** Its place in the record. */
  readonly at: number;
  readonly answer: Answer;
}

const NONE = Number.MAX_SAFE_INTEGER;
const UNKNOWN = "TypeError\nthe record of this request has no answer to that";

export class Replaying implements Learning {
  readonly #entries: readonly unknown[];
  readonly #taken: boolean[] = [];
  /** All before it are taken. */
  #from = 0;
  #due: Due[] = [];
  /** The clock of the turn, while a slice runs; and of the last slice, while none does. */
  #outside: ClockState | null = null;
  #inside: ClockState | null = null;

  constructor(text: string) {
    const entries = jsonParse(text);
    this.#entries = arrayIsArray(entries) ? entries : [];
  }

  learn<T>(source: Source, key: string, value: T): T {
    // asks are answered by `answers`; a record has no secrets
    if (source === SOURCE.host || source === SOURCE.secret) return value;
    const at = this.#take(source, key);
    return at === NONE ? value : (fromJson(source, this.#valueAt(at), value) as T);
  }

  /** A slice that the record has not: time stands still, and the seed goes on. */
  begin(): void {
    const isBack = this.#outside === null;
    this.#outside ??= clockState();
    const at = this.#take(CLOCK, "");
    const clock = at === NONE ? null : this.#valueAt(at);
    if (arrayIsArray(clock)) {
      setClock({
        nowMs: toNumber(clock[0]),
        seed: toNumber(clock[1]),
        originMs: toNumber(clock[2]),
      });
    } else if (isBack && this.#inside !== null) setClock(this.#inside);
  }

  end(): void {
    this.#inside = clockState();
    if (this.#outside !== null) setClock(this.#outside);
    this.#outside = null;
  }

  /** When the record begins. Null: it does not say. */
  get startMs(): number | null {
    for (let i = 0; i < this.#entries.length; i++) {
      const entry = this.#entries[i];
      if (arrayIsArray(entry) && entry[0] === CLOCK && arrayIsArray(entry[2]))
        return toNumber(entry[2][0]);
    }
    return null;
  }

  /** True: the host need not be asked, `next` has the answer. */
  answers(askId: number, kind: number, key: string): boolean {
    const at = this.#take(SOURCE.host, key);
    if (at === NONE && !isOutward(kind)) return false;
    const answer =
      at === NONE
        ? { ok: false, text: UNKNOWN, bytes: textBytes("") }
        : (fromJson(SOURCE.host, this.#valueAt(at), null) as Answer);
    arrayPush(this.#due, { askId, at, answer });
    return true;
  }

  /** Of what is due: the one that was answered first. Null: nothing is due. */
  next(): Due | null {
    let first: Due | null = null;
    const rest: Due[] = [];
    for (let i = 0; i < this.#due.length; i++) {
      const one = this.#due[i] as Due;
      if (first === null) first = one;
      else if (one.at < first.at) {
        arrayPush(rest, first);
        first = one;
      } else arrayPush(rest, one);
    }
    this.#due = rest;
    return first;
  }

  get dueCount(): number {
    return this.#due.length;
  }

  #take(source: number, key: string): number {
    for (let i = this.#from; i < this.#entries.length; i++) {
      if (this.#taken[i] === true) {
        if (i === this.#from) this.#from++;
        continue;
      }
      const entry = this.#entries[i];
      if (!arrayIsArray(entry) || entry[0] !== source || entry[1] !== key) continue;
      this.#taken[i] = true;
      return i;
    }
    return NONE;
  }

  #valueAt(at: number): unknown {
    const entry = this.#entries[at];
    return arrayIsArray(entry) ? entry[2] : null;
  }
}
