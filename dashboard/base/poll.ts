// One thing that is asked for again while somebody looks: when the proxy tells that it has changed,
// or after a time; ever more rarely while nobody answers.

import { call, Problem } from "./api.ts";
import { againMs, backoffMs, downSinceMs } from "./connection.ts";
import { type Heard, news } from "./news.ts";

export interface Loaded<T> {
  readonly data: T | null;
  readonly etag: string | null;
  readonly problem: Problem | null;
  /** When the data came: milliseconds since 1970. */
  readonly atMs: number;
}

export type Tell<T> = (change: Partial<Loaded<T>>) => void;

export interface When {
  readonly everyMs: number;
  readonly heard: readonly Heard[];
}

/** How much longer it waits while it would be told. */
const UNTOLD_TIMES = 12;

export class Poll<T> {
  readonly #path: string;
  readonly #everyMs: number;
  readonly #tell: Tell<T>;
  readonly #abort = new AbortController();
  readonly #forget: () => void;
  readonly #isTold: boolean;
  readonly #unlisten: () => void;
  #timer = 0;
  #failures = 0;
  #isRefused = false;
  #isAsking = false;
  /** It was told while it asked: what comes may be older than that. */
  #isOld = false;

  constructor(path: string, { everyMs, heard }: When, tell: Tell<T>) {
    this.#path = path;
    this.#everyMs = everyMs;
    this.#tell = tell;
    this.#isTold = heard.length > 0;
    const told = (): void => this.#told();
    const turned = (): void => {
      if (!this.#isAsking) this.#wait();
    };
    this.#unlisten = this.#isTold ? news.listen({ heard, told, turned }) : () => {};
    document.addEventListener("visibilitychange", this.#look);
    this.#forget = downSinceMs.subscribe((sinceMs) => {
      if (sinceMs === null && this.#failures > 0) this.#askIn(againMs());
    });
    void this.#ask();
  }

  stop(): void {
    this.#abort.abort();
    clearTimeout(this.#timer);
    this.#forget();
    this.#unlisten();
    document.removeEventListener("visibilitychange", this.#look);
  }

  /** A page that nobody sees asks nothing. */
  readonly #look = (): void => {
    clearTimeout(this.#timer);
    if (!document.hidden && (this.#everyMs > 0 || this.#failures > 0)) void this.#ask();
  };

  /** Not all pages at the same moment. */
  #told(): void {
    if (this.#isRefused || this.#failures > 0) return;
    if (this.#isAsking) this.#isOld = true;
    else this.#askIn(againMs());
  }

  async #ask(): Promise<void> {
    const { signal } = this.#abort;
    this.#isAsking = true;
    this.#isOld = false;
    try {
      const { body, etag } = await call<T>(this.#path, { signal });
      if (signal.aborted) return;
      this.#failures = 0;
      this.#tell({ data: body, etag, problem: null, atMs: Date.now() });
    } catch (thrown) {
      if (signal.aborted) return;
      const problem = thrown instanceof Problem ? thrown : new Problem(0, String(thrown));
      this.#failures++;
      this.#tell({ problem });
      // what was refused is refused again: there is no use in asking
      if (problem.status >= 400 && problem.status < 500 && problem.status !== 429) {
        this.#isRefused = true;
        return;
      }
    } finally {
      this.#isAsking = false;
    }
    this.#wait();
  }

  #wait(): void {
    if (this.#isRefused) return;
    if (this.#failures > 0) return this.#askIn(backoffMs(this.#failures - 1));
    if (this.#isOld) return this.#askIn(againMs());
    if (this.#everyMs === 0) return;
    const isTold = this.#isTold && news.isOpen;
    this.#askIn(isTold ? this.#everyMs * UNTOLD_TIMES : this.#everyMs);
  }

  #askIn(delayMs: number): void {
    clearTimeout(this.#timer);
    if (!document.hidden) this.#timer = setTimeout(() => void this.#ask(), delayMs);
  }
}
