// What is said of a configuration that is wrong, word for word. The cases are in mistakes.txt: a
// title, the file, and after an arrow each line that is expected. $HERE is the folder of this test.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { parseConfig } from "../../../src/base/config/load.ts";
import { formatProblem } from "../../../src/base/config/problems.ts";
import { LIMITS } from "../../../src/base/limits.ts";

const FILE = join(import.meta.dirname, "sluice.yaml");
const CASES = readFileSync(join(import.meta.dirname, "mistakes.txt"), "utf8")
  .replaceAll("$HERE", import.meta.dirname)
  .split(/^=== /m)
  .slice(1);

/** Each problem as `line:column: where: text`. */
const refused = (text: string): string[] => {
  const result = parseConfig(text, FILE);
  if ("config" in result) assert.fail("the file was accepted");
  return result.problems.map((problem) => formatProblem(problem).slice(FILE.length + 1));
};

describe("parseConfig refuses, saying where, what was expected, and what it got,", () => {
  for (const one of CASES) {
    const [title = "", ...lines] = one.split("\n").filter((line) => line !== "");
    const text = lines.filter((line) => !line.startsWith("-> ")).join("\n");
    const expected = lines.filter((line) => line.startsWith("-> ")).map((line) => line.slice(3));
    it(title, () => assert.deepEqual(refused(`${text}\n`), expected));
  }
});

it("an empty file is refused: nobody means it, and a full disk leaves it", () => {
  for (const text of ["", "\n\n", "  \n"]) {
    assert.deepEqual(refused(text), ["1:1: expected a configuration, got an empty file"]);
  }
});

describe("parseConfig is bounded:", () => {
  it("aliases of aliases are counted, not expanded", () => {
    const levels = ["a: &a [x,x,x,x,x,x,x,x,x,x]"];
    for (const [from, to] of ["ab", "bc", "cd", "de", "ef", "fg"].map((pair) => [...pair])) {
      levels.push(`${to}: &${to} [${Array(10).fill(`*${from}`).join(",")}]`);
    }
    const expected = `1:1: expected at most ${LIMITS.configAliases} uses of aliases, got more`;
    assert.deepEqual(refused(levels.join("\n")), [expected]);
  });

  it("a file past the limit is not parsed", () => {
    const text = `#${"x".repeat(LIMITS.configFileBytes)}`;
    assert.deepEqual(refused(text), [
      `1:1: expected at most ${LIMITS.configFileBytes} bytes, got ${text.length}`,
    ]);
  });

  it("a file of another kind gives a bounded list, which says how much was left out", () => {
    const keys = Array.from({ length: LIMITS.configProblems + 7 }, (_, index) => `key${index}: 1`);
    const problems = refused(keys.join("\n"));
    assert.equal(problems.length, LIMITS.configProblems + 1);
    assert.match(problems.at(-1) ?? "", /: and 7 more problems$/);
  });

  it("deep nesting is refused, not a stack overflow", () => {
    const problems = refused("[".repeat(50_000));
    assert.match(problems[0] ?? "", /expected YAML, got an error/);
  });
});
