// A body filter that never answers.

import { type Attack, BROKEN_OFF, one } from "../attack.ts";

export const attack: Attack = {
  title: "a body that a hook withholds for ever breaks off",
  hooks: `responseBodyFilter: () => new Promise(() => {}),`,
  limits: { hookWallMs: 300 },
  atOnce: 8,
  expected: one(BROKEN_OFF, "50[02] .*(script|body)_"),
};
