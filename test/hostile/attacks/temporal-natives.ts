// Temporal and dates far out, over and over.

import { ANY_END, type Attack } from "../attack.ts";

export const attack: Attack = {
  title: "dates far out, over and over, are ended",
  hooks: `requestFilter() {
      for (let i = 0; ; i++) {
        new Date(8.64e15 - i).toLocaleString("de", { timeZone: "Europe/Berlin" });
        if (typeof Temporal === "object") Temporal.PlainDate.from("2020-01-01").add({ days: i % 1e8 });
      }
    }`,
  expected: ANY_END,
};
