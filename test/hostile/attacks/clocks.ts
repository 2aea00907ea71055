// Clocks that tell how long something took.

import { ANSWERED, type Attack } from "../attack.ts";

export const attack: Attack = {
  title: "clocks stand still within a turn",
  hooks: `requestFilter(session) {
      const time = new Intl.DateTimeFormat("en", { timeStyle: "full" });
      const all = () => [Date.now(), performance.now(), String(new Date()), time.format()].join();
      const start = all();
      for (let i = 0; i < 1e6; i++);
      const end = all();
      return new Response(start === end ? "answered" : \`\${start} \${end}\`);
    }`,
  limits: { hookMs: 1_000 },
  expected: ANSWERED,
};
