// Messages between processes: cut right wherever the stream is cut, and refused at their head where
// they are too long.

import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeJson, JsonReader } from "../../src/base/json-messages.ts";
import { fc } from "../support/property.ts";

test("messages come whole out of any pieces of the stream", () => {
  fc.assert(
    fc.property(fc.array(fc.jsonValue()), fc.array(fc.nat(200)), (messages, cuts) => {
      const stream = Buffer.concat(messages.map(encodeJson));
      const reader = new JsonReader(1_000_000);
      const read: unknown[] = [];
      let from = 0;
      for (const length of [...cuts, stream.length]) {
        read.push(...reader.read(stream.subarray(from, from + length)));
        from += length;
      }
      assert.equal(JSON.stringify(read), JSON.stringify(messages));
    }),
  );
});

test("what is too long is refused at its head, and what is no JSON when it is whole", () => {
  assert.throws(() => [...new JsonReader(8).read(Buffer.of(9, 0, 0, 0))], RangeError);
  assert.throws(() => [...new JsonReader(8).read(Buffer.of(1, 0, 0, 0, 123))], SyntaxError);
});
