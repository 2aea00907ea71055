// Our reading of source maps against Node's, on maps of any pieces; and what it does with texts
// that are none.

import assert from "node:assert/strict";
import { SourceMap, type SourceMapping } from "node:module";
import { test } from "node:test";
import { Mappings } from "../../src/control/mappings.ts";
import { fc } from "../support/property.ts";

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** A number as a source map has it. */
function encoded(number: number): string {
  let rest = number < 0 ? (-number << 1) | 1 : number << 1;
  let text = "";
  do {
    const digit = rest & 31;
    rest >>>= 5;
    text += DIGITS[rest > 0 ? digit | 32 : digit];
  } while (rest > 0);
  return text;
}

/** Columns that a piece is further on, and where it comes from: source, line, column. */
type Piece = readonly [step: number, place: readonly [number, number, number]];

function mappingsOf(lines: readonly (readonly Piece[])[]): string {
  let [source, line, column] = [0, 0, 0];
  const piece = ([step, place]: Piece): string => {
    const [toSource, toLine, toColumn] = place;
    const steps = [step, toSource - source, toLine - line, toColumn - column];
    [source, line, column] = place;
    return steps.map(encoded).join("");
  };
  return lines.map((pieces) => pieces.map(piece).join(",")).join(";");
}

const places = fc.tuple(fc.nat(2), fc.nat(100_000), fc.nat(2_000));
const pieces = fc.tuple(fc.integer({ min: 1, max: 300 }), places);
const lines = fc.array(fc.array(pieces, { maxLength: 8 }), { maxLength: 8 });

test("every place is the one that Node finds, where it is on the same line", () => {
  fc.assert(
    fc.property(lines, fc.nat(8), fc.nat(2_500), (text, line, column) => {
      const mappings = mappingsOf(text);
      const sources = ["a.ts", "b.ts", "c.ts"];
      const node = new SourceMap({ ...EMPTY, sources, mappings }).findEntry(line, column);
      const isThere = "originalSource" in node && node.generatedLine === line;
      const place = new Mappings(mappings).find(line, column);
      const expected = isThere
        ? { source: sources.indexOf(node.originalSource), ...originOf(node) }
        : null;
      assert.deepEqual(place, expected);
    }),
  );
});

const EMPTY = { file: "", version: 3, names: [], sourcesContent: [], sourceRoot: "" };

const originOf = ({ originalLine, originalColumn }: SourceMapping) => ({
  line: originalLine,
  column: originalColumn,
});

test("a piece without a source has no place, and ends the one before", () => {
  const mappings = new Mappings("AACA,E,EAAC");
  assert.deepEqual(mappings.find(0, 1), { source: 0, line: 1, column: 0 });
  assert.equal(mappings.find(0, 3), null);
  assert.deepEqual(mappings.find(0, 9), { source: 0, line: 1, column: 1 });
});

test("a text that is no list of mappings is refused, whatever it is", () => {
  for (const text of ["!", "A!", "AA", "AAA", "gggggggggggg", "\u0100AAA", "A A"]) {
    assert.throws(() => new Mappings(text), SyntaxError, text);
  }
  fc.assert(
    fc.property(fc.string(), (text) => {
      try {
        new Mappings(text).find(0, 0);
      } catch (thrown) {
        assert.ok(thrown instanceof SyntaxError);
      }
    }),
  );
});
