// A message of 256 MB.

import { type Attack, SCRIPT_ERROR } from "../attack.ts";

export const attack: Attack = {
  title: "an error message of 256 MB is cut",
  hooks: `requestFilter(session) {
      throw new Error("m".repeat(2 ** 28));
    }`,
  limits: { hookMs: 2_000 },
  expected: SCRIPT_ERROR,
};
