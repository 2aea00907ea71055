// Rejections that nobody handles, by the thousand.

import { ANY_END, type Attack } from "../attack.ts";

export const attack: Attack = {
  title: "a flood of unhandled rejections harms its own request at most",
  hooks: `requestFilter(session) {
      for (let i = 0; i < 1e4; i++) void Promise.reject(new Error("nobody"));
      return new Response("answered");
    }`,
  limits: { hookMs: 1_000 },
  expected: ANY_END,
};
