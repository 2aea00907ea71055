// Blocks of one connection, which often repeat each other's fields: each makes the head that it
// would make if nothing had come before it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { SluiceError } from "../../../src/base/errors.ts";
import { type RequestField, requestField } from "../../../src/downstream/http2/request-field.ts";
import { RequestFields } from "../../../src/downstream/http2/request-fields.ts";
import { CODEC_LIMITS } from "../../../src/http1/limits.ts";
import { fc } from "../../support/property.ts";

/** As they stand in a connection's table: one that comes again is the same. */
const TABLE: readonly RequestField[] = [
  requestField("accept", "*/*"),
  requestField("accept", "text/html"),
  requestField("cookie", "a=1"),
  requestField("cookie", "b=2"),
  requestField("host", "a.example"),
  requestField("via", "1.1 before"),
  requestField("x-forwarded-for", "10.0.0.1"),
  requestField("content-length", "5"),
  requestField("expect", "100-continue"),
  requestField("te", "trailers"),
  requestField("Upper", "malformed"),
  requestField("x-long", "x".repeat(20_000)),
];

interface Block {
  readonly method: string;
  readonly scheme: string;
  readonly path: string;
  readonly authority: string;
  readonly fields: readonly RequestField[];
  /** It is a trailer section. */
  /** No body follows. */
  readonly isEnd: boolean;
  readonly isTrailers: boolean;
}

const fieldsOf = ({ method, scheme, path, authority, fields, isTrailers }: Block) => [
  ...(isTrailers ? [] : [requestField(":method", method), requestField(":scheme", scheme)]),
  ...(isTrailers ? [] : [requestField(":path", path), requestField(":authority", authority)]),
  ...fields,
];

/** What comes of it: a head, its trailers, why it is refused. */
function outcome(reader: RequestFields, block: Block, isRepeated = false): unknown {
  const isThere = reader.begin(isRepeated);
  assert.ok(isRepeated || !isThere);
  for (const field of isThere ? [] : fieldsOf(block)) reader.onField(field);
  try {
    return block.isTrailers ? reader.trailers() : reader.head(block.isEnd);
  } catch (thrown) {
    assert.ok(thrown instanceof SluiceError);
    return thrown.code;
  }
}

test("a block that repeats fields of the one before makes what it makes by itself", () => {
  const blocks = fc.array(
    fc.record({
      method: fc.constantFrom("GET", "POST", "no method"),
      scheme: fc.constantFrom("https", "ftp"),
      path: fc.constantFrom("/", "/a", "no path", "*"),
      authority: fc.constantFrom("a.example", "b.example", ""),
      fields: fc.array(fc.constantFrom(...TABLE), { maxLength: 4 }),
      isEnd: fc.boolean(),
      isTrailers: fc.boolean(),
    }),
    { maxLength: 4 },
  );
  const holds = fc.property(blocks, fc.nat(3), (given, repeated) => {
    const reader = new RequestFields(CODEC_LIMITS);
    const again = given[repeated % Math.max(1, given.length)];
    let before: Block | null = null;
    // the first one of them three times in a row, then the rest
    for (const block of again === undefined ? given : [again, again, again, ...given]) {
      const alone = outcome(new RequestFields(CODEC_LIMITS), block);
      assert.deepEqual(outcome(reader, block, block === before), alone);
      before = block;
    }
  });
  fc.assert(holds, { numRuns: 1_000 });
});
