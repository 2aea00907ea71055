// A body filter that never answers.

import { type Attack, one } from "../attack.ts";

export const attack: Attack = {
  title: "a body that a hook withholds for ever breaks off",
  hooks: `responseBodyFilter: () => new Promise(() => {}),`,
  limits: { hookWallMs: 300 },
  atOnce: 8,
  isQuick: true,
  expected: one("[25]0[02] (?!origin)"),
};
