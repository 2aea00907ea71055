// What an attack is: a hostile script, how often it is asked, and what its requests are answered.
// The expectations are the documented ends of a script, by their codes (docs/errors.md).

export interface Attack {
  /** A sentence that is true of it. */
  readonly title: string;
  /** The inside of the attacker's `definePhases({ … })`. */
  readonly hooks: string;
  /** Code before it. `PORT` stands for the port of an origin that nobody may reach. */
  readonly before?: string;
  readonly limits?: Readonly<Record<string, number>>;
  /** Requests, one after the other; default 3. */
  readonly times?: number;
  /** So many of them at once each time; default 1. */
  readonly atOnce?: number;
  /** What the attacker's origin answers: a page, a compressed bomb, or a byte now and then. */
  readonly origin?: "bomb" | "drip";
  /** True: it is part of every test run, not of the long one alone. */
  readonly isQuick?: boolean;
  /** True: its client sees a broken answer, so it is part of every run over HTTP/2. */
  readonly isBreak?: boolean;
  /** Of `STATUS BODY`. */
  readonly expected: RegExp;
}

/** After some strikes a script is out of service, whatever it does. */
const OUT = "503 .*script_disabled";

export const one = (...ways: string[]): RegExp => new RegExp(`^(${[...ways, OUT].join("|")})`, "s");

export const ANSWERED = /^200 answered$/;
/** In place of an answer whose body ended before its end. */
export const BROKEN_OFF = "broken off";
/** It ran out of time, by the watchdog or by the wall. */
export const TIMED_OUT = one("500 .*script_timeout");
export const SCRIPT_ERROR = one("500 .*script_(error|result|ctx)");
/** It was ended: by its time, by its memory, or with its process. */
export const ENDED = one("500 .*(script_(timeout|error|lost|result)|cell_lost)");
/** The claim is about the others: the attacker only has to be answered. */
export const ANY_END = one("200 ", "50[02] .*(script|cell|body)_");
export const PEER_REFUSED = one("50[02] .*peer_forbidden", "500 .*script_result");
