// What does not start in `sluice dev` is shown, and tried again with the next save: whoever has
// mistyped something wants to mend it, not to start all over.

import { once } from "node:events";
import { existsSync } from "node:fs";
import { ConfigError } from "../../base/config/load.ts";
import { FolderWatch } from "../../fleet/main/live/watch.ts";
import { ServeError } from "../../fleet/shared/start-errors.ts";
import { paint, wantsColor } from "../../observe/color.ts";
import type { SourceExcerpts } from "./source-excerpt.ts";

export interface Attempts {
  /** Resolves to the exit status. */
  readonly run: () => Promise<number>;
  /** Of the configuration, or of the one script: without it there is nothing to wait for. */
  readonly main: string;
  /** What is read besides, as far as the last attempt came. */
  readonly others: () => readonly string[];
  readonly excerpts: SourceExcerpts;
}

/** Rejects with what no save can mend. */
export async function untilItStarts(attempts: Attempts): Promise<number> {
  const { run, main, others, excerpts } = attempts;
  for (;;) {
    const readFromMs = Date.now();
    try {
      return await run();
    } catch (thrown) {
      const isMendable = thrown instanceof ServeError || thrown instanceof ConfigError;
      if (!isMendable || !existsSync(main)) throw thrown;
      // waited for before it is shown: who reads it may be fast
      const inputs = thrown instanceof ServeError ? thrown.inputs : [];
      const saved = nextSave([main, ...others(), ...inputs], readFromMs);
      show(thrown.message, excerpts);
      if (!(await saved)) return 0;
    }
  }
}

function show(message: string, excerpts: SourceExcerpts): void {
  const verdict = paint(wantsColor() ? "red" : null, "not started; it will be with the next save");
  const problems = message.trim().split("\n");
  const shown = problems.map((problem) => `    ${problem}\n${excerpts.of(problem)}`);
  process.stdout.write(`${verdict}\n${shown.join("")}`);
}

const HOUR_MS = 3_600_000;

/** Also one since the files were read. False: a signal ended the wait. */
async function nextSave(files: readonly string[], readFromMs: number): Promise<boolean> {
  const saved = Promise.withResolvers<boolean>();
  using watch = new FolderWatch(() => saved.resolve(true));
  watch.watch(files, readFromMs);
  // neither a watch nor a signal keeps the process
  const alive = setInterval(() => undefined, HOUR_MS);
  const stop = new AbortController();
  const signals = (["SIGINT", "SIGTERM"] as const).map((signal) =>
    once(process, signal, { signal: stop.signal }).then(() => saved.resolve(false)),
  );
  const over = Promise.allSettled(signals);
  try {
    return await saved.promise;
  } finally {
    clearInterval(alive);
    stop.abort();
    await over;
  }
}
