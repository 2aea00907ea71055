// What the calls of one lane have done to their requests, and the host keeps until they end:
// weighed together, since there may be thousands that await something. A call by itself is weighed
// as its records come (effects.ts).

import type { Effects } from "./call.ts";
import type { Pending } from "./decode.ts";
import { FrameFault } from "./frame-text.ts";

/**
 * Of all that have not ended. A body or an answer is followed by its call's end at once, so that of
 * one at a time; and from then on a few KB of each that awaits.
 */
export const LANE_EFFECTS_MAX = 134_217_728;

/** How much may come until all are weighed again: a look at each call. */
const BETWEEN_BYTES = 16_777_216;

/** An edit is an object, however short its texts. */
const EDIT_BYTES = 64;

/** To be told of each record: its call's effects have so many bytes more. Throws FrameFault. */
export function weighing(calls: () => Iterable<Pick<Pending, "effects">>): (bytes: number) => void {
  let newBytes = 0;
  return (bytes) => {
    newBytes += bytes + EDIT_BYTES;
    if (newBytes < BETWEEN_BYTES) return;
    newBytes = 0;
    const sum = [...calls()].reduce((all, { effects }) => all + weightOf(effects), 0);
    if (sum > LANE_EFFECTS_MAX) throw new FrameFault(`effects of ${sum} bytes without an end`);
  };
}

function weightOf(effects: Effects | null): number {
  if (effects === null) return 0;
  const { size, edits, lines } = effects;
  return size + EDIT_BYTES * (edits.length + lines.length);
}
