// Decoders alone, with bodies that come in any pieces.

import assert from "node:assert/strict";
import { buffer } from "node:stream/consumers";
import { test } from "node:test";
import { deflateRawSync, deflateSync } from "node:zlib";
import { decoderFor } from "../../src/http1/coding.ts";

const PAGE = Buffer.from("hello hello hello\n".repeat(100));

/** What comes out of the decoder when these pieces went in. */
async function decode(coding: string, pieces: readonly Buffer[]): Promise<Buffer> {
  const decoder = decoderFor(coding);
  assert.ok(decoder !== null);
  const all = buffer(decoder);
  for (const piece of pieces) decoder.write(piece);
  decoder.end();
  return await all;
}

const inBytes = (coded: Buffer): Buffer[] => [...coded].map((byte) => Buffer.from([byte]));

for (const [what, coded] of [
  ["zlib's format", deflateSync(PAGE)],
  ["zlib's format, stored", deflateSync(PAGE, { level: 0 })],
  ["raw", deflateRawSync(PAGE)],
  ["raw, stored", deflateRawSync(PAGE, { level: 0 })],
  ["raw, with fixed codes", deflateRawSync(PAGE, { strategy: 4 })],
] as const) {
  test(`deflate is decoded: ${what}, whole and byte by byte`, async () => {
    assert.deepEqual(await decode("deflate", [coded]), PAGE);
    assert.deepEqual(await decode("deflate", inBytes(coded)), PAGE);
  });
}

test("a deflate body that is cut off, or none at all, is an error and not a shorter one", async () => {
  for (const coded of [deflateSync(PAGE), deflateRawSync(PAGE)]) {
    await assert.rejects(decode("deflate", [coded.subarray(0, -8)]), { code: "Z_BUF_ERROR" });
  }
  await assert.rejects(decode("deflate", [Buffer.from("not compressed")]));
});

test("a large deflate body is held back until it is read", async () => {
  const decoder = decoderFor("deflate");
  assert.ok(decoder !== null);
  const zeros = Buffer.alloc(10_000_000);
  decoder.end(deflateRawSync(zeros));
  await new Promise((resolve) => decoder.once("readable", resolve));
  assert.ok(decoder.readableLength < 1_000_000, `${decoder.readableLength} bytes wait`);
  assert.equal((await buffer(decoder)).length, zeros.length);
});
