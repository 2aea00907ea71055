// What a call does to its request is kept here until the call ends, so it is weighed as it comes.

import { EDITS_MAX, EFFECTS_SIZE_MAX, OUT_SHAPES, RECORD_WORDS } from "../wire/records.ts";
import type { Effects } from "./call.ts";
import { FrameFault } from "./frame-text.ts";

/** Adds the record whose words these are. Throws FrameFault beyond what a call may keep. */
export function weigh(effects: Effects, word: (index: number) => number): void {
  const shape = OUT_SHAPES[word(0)];
  effects.size += RECORD_WORDS;
  for (const index of shape?.text ?? []) effects.size += word(index);
  for (const index of shape?.bytes ?? []) effects.size += word(index);
  if (effects.size > EFFECTS_SIZE_MAX) throw new FrameFault(`effects of ${effects.size} bytes`);
  const { edits, lines, logFields } = effects;
  if (edits.length + lines.length + logFields.length > EDITS_MAX) {
    throw new FrameFault("too many edits");
  }
}
