// Entry point of a thread that tells the watchdog of the main thread what that has used of the
// processor, for programs without workers, such as `sluice test`.

import { workerData } from "node:worker_threads";
import { answerProcessor } from "./processor-sampler.ts";
import { PROCESSOR } from "./watch-loop.ts";

const words = new Int32Array(workerData);
for (let answered = 0; ; ) {
  Atomics.wait(words, PROCESSOR.ASKED, answered);
  answered = Atomics.load(words, PROCESSOR.ASKED);
  answerProcessor(words, answered);
}
