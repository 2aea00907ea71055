// Blocks that come again byte for byte: which of them need not be decoded.

import assert from "node:assert/strict";
import { test } from "node:test";
import { HpackDecoder, type TableField } from "../../src/http2/hpack-decoder.ts";
import { ConnectionError } from "../../src/http2/protocol.ts";
import { fc } from "../support/property.ts";

interface Field extends TableField {
  readonly value: string;
}

const makeField = (name: string, value: string): Field => ({
  ...{ name, value },
  bytes: name.length + value.length,
});

/** Of the static table, the two newest of the dynamic one, kept, not kept. */
const FIELDS = [
  "\x82",
  "\x84",
  "\xbe",
  "\xbf",
  "\x40\x01a\x01b",
  "\x40\x01c\x01d",
  "\x00\x01e\x01f",
];
/** None, empty, 40 bytes, which is room for one, and as large as it may be. */
const SIZES = ["", "\x20", "\x3f\x09", "\x3f\xe1\x1f"];

function decoded(decoder: HpackDecoder<Field>, block: Buffer): string[] | null {
  const fields: string[] = [];
  const sink = { onField: ({ name, value }: Field) => void fields.push(`${name}: ${value}`) };
  try {
    decoder.decode(block, 0, block.length, sink);
    return fields;
  } catch (thrown) {
    assert.ok(thrown instanceof ConnectionError);
    return null;
  }
}

test("a block is said to be the one before only if it comes to the same fields", () => {
  let repeated = 0;
  const block = fc.tuple(
    fc.constantFrom(...SIZES),
    fc.array(fc.constantFrom(...FIELDS), { minLength: 1, maxLength: 3 }),
  );
  const blocks = fc.array(block, { minLength: 1, maxLength: 3 });
  const order = fc.array(fc.nat(2), { maxLength: 12 });
  const holds = fc.property(blocks, order, (given, places) => {
    const [decoder, oracle] = [new HpackDecoder(makeField), new HpackDecoder(makeField)];
    let before: string[] | null = [];
    for (const place of places) {
      const [size, fields] = given[place % given.length] ?? ["", []];
      const bytes = Buffer.from(size + fields.join(""), "latin1");
      const expected = decoded(oracle, bytes);
      const isRepeated = decoder.isRepeated(bytes, 0, bytes.length);
      if (isRepeated) repeated++;
      else before = decoded(decoder, bytes);
      assert.deepEqual(before, expected);
      if (expected === null) return; // the session is over
    }
  });
  fc.assert(holds, { numRuns: 2_000 });
  assert.ok(repeated > 100, `${repeated} were`);
});

test("one that is longer, shorter, or another by a byte is not the one before", () => {
  const decoder = new HpackDecoder(makeField);
  const block = Buffer.from("\x82\x84\x86", "latin1");
  assert.equal(decoder.isRepeated(block, 0, 3), false);
  decoded(decoder, block);
  assert.equal(decoder.isRepeated(block, 0, 3), true);
  assert.equal(decoder.isRepeated(block, 0, 2), false);
  assert.equal(decoder.isRepeated(Buffer.from("\x82\x84\x87", "latin1"), 0, 3), false);
  assert.equal(decoder.isRepeated(Buffer.from("x\x82\x84\x86x", "latin1"), 1, 4), true);
});
