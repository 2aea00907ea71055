// What a page shows, and asks for again (poll.ts). Drawing starts no fetch. What was good stays
// when the API does not answer, with its age.

import { useCallback, useEffect, useState } from "preact/hooks";
import type { Heard } from "./news.ts";
import { type Loaded, Poll, type Tell } from "./poll.ts";

export type { Loaded } from "./poll.ts";

export interface Api<T> extends Loaded<T> {
  /** Asks now. */
  reload(): void;
}

const NOTHING = { data: null, etag: null, problem: null, atMs: 0 } as const;

/**
 * @param path  null: nothing is asked
 * @param everyMs  0: once
 * @param heard  after which news too, and then hardly ever without
 */
export function useApi<T>(path: string | null, everyMs = 0, ...heard: readonly Heard[]): Api<T> {
  const wanted = heard.join();
  const [loaded, setLoaded] = useState<Loaded<T> & { path: string | null }>({ ...NOTHING, path });
  const [asked, setAsked] = useState(0);
  useEffect(() => {
    if (path === null) return;
    const tell: Tell<T> = (change) =>
      setLoaded((before) => {
        const kept = before.path === path ? before : NOTHING;
        return { ...kept, ...change, path };
      });
    const poll = new Poll<T>(path, { everyMs, heard }, tell);
    return () => poll.stop();
  }, [path, everyMs, wanted, asked]);
  const reload = useCallback(() => setAsked((count) => count + 1), []);
  const current = loaded.path === path ? loaded : NOTHING;
  return { ...current, reload };
}
