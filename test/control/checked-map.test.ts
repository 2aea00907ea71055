// Source maps that come with uploads: what is taken of them, and what is refused.

import assert from "node:assert/strict";
import { test } from "node:test";
import { BUNDLE_LIMITS } from "../../src/control/bundle-limits.ts";
import { checkedMap } from "../../src/control/deploy/checked-map.ts";
import { SourceLines } from "../../src/control/sourcemap.ts";

const CODE_BYTES = 1_000;
const map = (members: object = {}): string =>
  JSON.stringify({ version: 3, sources: ["main.ts"], names: [], mappings: "AAAA", ...members });

function refusal(text: string): string {
  const checked = checkedMap(text, CODE_BYTES);
  assert.ok("refusal" in checked, text.slice(0, 100));
  return checked.refusal;
}

test("a map is made anew of what is understood", () => {
  const checked = checkedMap(
    map({ sourcesContent: ["text", "of nobody"], names: ["a"], sourceRoot: "/etc", sections: [] }),
    CODE_BYTES,
  );
  assert.ok("map" in checked);
  assert.deepEqual(JSON.parse(checked.map), {
    version: 3,
    sources: ["main.ts"],
    sourcesContent: ["text"],
    names: [],
    mappings: "AAAA",
  });
  assert.deepEqual(new SourceLines(checked.map).locate(1, 1), {
    file: "main.ts",
    line: 1,
    column: 1,
  });
});

test("what is no map, or would cost every worker, is refused with what was expected", () => {
  for (const text of ["", "null", "[]", "7", map({ version: 2 }), map({ mappings: 1 })]) {
    assert.match(refusal(text), /^expected a source map of version 3 with /);
  }
  assert.match(refusal(map({ mappings: "AAAA,".repeat(10_000) })), /mappings for the bundle/);
  assert.match(refusal(map({ mappings: "AA!A" })), /with mappings, got another text$/);
  const sources = Array(BUNDLE_LIMITS.filesRead + 1).fill("a.ts");
  assert.match(refusal(map({ sources })), /at most 10000 sources/);
  assert.match(refusal(" ".repeat(8_388_609)), /at most 8388608 bytes, got 8388609$/);
});

test("names that would forge what a terminal shows are refused", () => {
  const ESCAPE = String.fromCharCode(27);
  for (const name of [`${ESCAPE}[2J`, "a\nb", "\u202egpj.ts", "\ud800", "x".repeat(2_000)]) {
    assert.match(refusal(map({ sources: [name] })), /names (?:without control|of at most 1024)/);
  }
});

test("a map that nobody checked costs places, and nothing else", () => {
  for (const text of ["", "{}", map({ mappings: "!" }), map({ sources: 7 })]) {
    const lines = new SourceLines(text);
    assert.equal(lines.locate(1, 1), null);
    assert.equal(lines.mapStack("Error: x\n    at f (script.js:1:1)"), "Error: x");
  }
});
