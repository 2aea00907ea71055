// Timers that nobody awaits, in every request.

import { ANSWERED, type Attack } from "../attack.ts";

export const attack: Attack = {
  title: "timers that nobody awaits end with their request",
  hooks: `requestFilter(session) {
      for (let i = 0; i < 50; i++) setTimeout(() => {}, 1e6);
      return new Response("answered");
    }`,
  times: 20,
  expected: ANSWERED,
};
