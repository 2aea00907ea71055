// What a page shows, asked for again and again while somebody looks: fetches are started by time
// and by changes of what is asked, never by drawing. What was good stays when the API does not
// answer, with its age.

import { useCallback, useEffect, useState } from "preact/hooks";
import { call, Problem } from "./api.ts";
import { againMs, backoffMs, downSinceMs } from "./connection.ts";

export interface Loaded<T> {
  readonly data: T | null;
  readonly etag: string | null;
  readonly problem: Problem | null;
  /** When the data came: milliseconds since 1970. */
  readonly atMs: number;
}

export interface Api<T> extends Loaded<T> {
  /** Asks now. */
  reload(): void;
}

const NOTHING = { data: null, etag: null, problem: null, atMs: 0 } as const;

/** @param path  null: nothing is asked. @param everyMs  0: once */
export function useApi<T>(path: string | null, everyMs = 0): Api<T> {
  const [loaded, setLoaded] = useState<Loaded<T> & { path: string | null }>({ ...NOTHING, path });
  const [asked, setAsked] = useState(0);
  useEffect(() => {
    if (path === null) return;
    const poll = new Poll<T>(path, everyMs, (change) =>
      setLoaded((before) => {
        const kept = before.path === path ? before : NOTHING;
        return { ...kept, ...change, path };
      }),
    );
    return () => poll.stop();
  }, [path, everyMs, asked]);
  const reload = useCallback(() => setAsked((count) => count + 1), []);
  const current = loaded.path === path ? loaded : NOTHING;
  return { ...current, reload };
}

type Tell<T> = (change: Partial<Loaded<T>>) => void;

class Poll<T> {
  readonly #path: string;
  readonly #everyMs: number;
  readonly #tell: Tell<T>;
  readonly #abort = new AbortController();
  readonly #forget: () => void;
  #timer = 0;
  #failures = 0;

  constructor(path: string, everyMs: number, tell: Tell<T>) {
    this.#path = path;
    this.#everyMs = everyMs;
    this.#tell = tell;
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
    document.removeEventListener("visibilitychange", this.#look);
  }

  /** A page that nobody sees asks nothing. */
  readonly #look = (): void => {
    clearTimeout(this.#timer);
    if (!document.hidden && (this.#everyMs > 0 || this.#failures > 0)) void this.#ask();
  };

  async #ask(): Promise<void> {
    const { signal } = this.#abort;
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
      if (problem.status >= 400 && problem.status < 500 && problem.status !== 429) return;
    }
    this.#wait();
  }

  #wait(): void {
    if (this.#everyMs === 0 && this.#failures === 0) return;
    this.#askIn(this.#failures > 0 ? backoffMs(this.#failures - 1) : this.#everyMs);
  }

  #askIn(delayMs: number): void {
    clearTimeout(this.#timer);
    if (!document.hidden) this.#timer = setTimeout(() => void this.#ask(), delayMs);
  }
}
