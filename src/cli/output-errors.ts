// What becomes of a command whose output cannot be written. A reader that leaves is no failure
// (`sluice audit | head -1`): the rest is not said, and the command ends as it would have. A full
// disk is one.

import { printError } from "./print-error.ts";

/** Once, before the first line. Whoever listens for errors of a stream by itself is left alone. */
export function expectOutputErrors(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      const isOthers = stream.listenerCount("error") > 1;
      if (isOthers || READER_GONE.has(error.code ?? "")) return;
      process.exit(printError(new Error(`Cannot write the output: ${error.message}`)));
    });
  }
}

/** The second comes of lines that are written after the first. */
const READER_GONE = new Set(["EPIPE", "ERR_STREAM_DESTROYED"]);
