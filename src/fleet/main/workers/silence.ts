// How long a worker's heart has stood still: by the clock, and by what its thread has used of the
// processor meanwhile. A thread that gets no processor is silent too, and nothing is wrong with it.

/**
 * The longest step of the clock that counts: this thread may have stood still itself (a stopped
 * process, a sleeping machine), and then the worker's silence says nothing.
 */
const STEP_MS_MAX = 1_000;

export interface Heard {
  /** Another number whenever the heart has beaten; 0: it has not begun to. */
  beat(): number;
  /** What its thread has used of the processor, in ms. Null: nobody can say now. */
  usedMs(): number | null;
  /** The clock. */
  nowMs(): number;
}

export class Silence {
  readonly #heard: Heard;
  #beat = 0;
  #lookedMs: number;
  #wallMs = 0;
  /** As far as it was known last; null: it has never been. */
  #usedMs: number | null = null;
  /** The same when the heart beat last. */
  #usedBeforeMs: number | null = null;

  constructor(heard: Heard) {
    this.#heard = heard;
    this.#lookedMs = heard.nowMs();
  }

  /** To be called regularly. */
  look(): void {
    const nowMs = this.#heard.nowMs();
    const stepMs = Math.min(nowMs - this.#lookedMs, STEP_MS_MAX);
    this.#lookedMs = nowMs;
    // a descriptor to ask with may be missing for a while
    this.#usedMs = this.#heard.usedMs() ?? this.#usedMs;
    const beat = this.#heard.beat();
    const isSilent = beat === this.#beat && beat !== 0;
    this.#beat = beat;
    this.#wallMs = isSilent ? this.#wallMs + stepMs : 0;
    if (!isSilent) this.#usedBeforeMs = this.#usedMs;
  }

  /** As far as this thread could look. */
  get wallMs(): number {
    return this.#wallMs;
  }

  /** Of the processor, by the worker's thread. Null: the system does not tell. */
  get usedMs(): number | null {
    return this.#usedMs === null ? null : this.#usedMs - (this.#usedBeforeMs ?? this.#usedMs);
  }
}
