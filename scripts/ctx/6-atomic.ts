// A value that is more than a sum: read, compute, and store only if nobody else was faster.

import { counter, definePhases, log } from "sluice";

const largest = counter("largest_answer_bytes");

/** Makes the counter at least `value`; whether that changed it. */
function raise(value: number): boolean {
  for (let seen = largest.get(); seen < value; ) {
    const found = largest.compareExchange(seen, value);
    if (found === seen) return true;
    seen = found;
  }
  return false;
}

export default definePhases({
  logging({ request, bytes }) {
    if (raise(bytes.sent)) log.info(`${request.target} is the largest answer so far`);
  },
});
