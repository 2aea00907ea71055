// A regular expression that backtracks without end.

import type { Attack } from "../attack.ts";

export const attack: Attack = {
  title: "a regular expression without end is ended, or answers",
  hooks: `requestFilter(session) {
      return new Response(String(/^(a+)+$/.test(\`\${"a".repeat(40)}!\`)));
    }`,
  isQuick: true,
  expected: /^(200 false|500 .*script_timeout|503 )/s,
};
