// One fetch after the other, as fast as they are answered, and a loop behind each.

import { type Attack, one } from "../attack.ts";

export const attack: Attack = {
  title: "a script that fetches for ever comes to its limit, and a loop behind a fetch is ended",
  hooks: `async requestFilter(session) {
      for (;;) {
        const response = await fetch("http://any.example/", { upstream: "main" });
        await response.text();
        if (session.request.headers.get("n") === "1") for (;;);
      }
    }`,
  times: 2,
  expected: one("500 .*script_(error|timeout)"),
};
