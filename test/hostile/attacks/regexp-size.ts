// Expressions that are costly to compile, and costlier to run.

import { ANY_END, type Attack } from "../attack.ts";

export const attack: Attack = {
  title: "a regular expression that is huge, or deep, harms its own request at most",
  hooks: `requestFilter() {
      for (const source of ["(?:".repeat(1e5) + ")".repeat(1e5), "(((a{999}){999}){999}){999}"])
        try { new RegExp(source).test("a".repeat(1e5)); } catch {}
      for (let i = 0; ; i++) new RegExp("(?:x{0," + (i % 999) + "}y?){0,999}", "u").test("xy");
    }`,
  expected: ANY_END,
};
