// The last resort: an exit waits for every worker thread, and one in a native loop never ends.

import type { Sink } from "../../observe/sink.ts";

/** To standard error: the log's own way out may be blocked, and this must not get lost. */
export function complain(message: string): void {
  process.stderr.write(`sluice: ${message}\n`);
}

/** What no handler hears, and no thread holds up. */
export async function endProcess(reason: string, sink: Sink): Promise<never> {
  complain(`${reason}: ending the process`);
  await sink.close();
  process.kill(process.pid, "SIGKILL");
  throw new Error("the process outlived its end");
}
