// What tests of body decoders stand on: a sink that collects, and bodies that come in pieces.

import assert from "node:assert/strict";
import { type ErrorCode, SluiceError } from "../../src/base/errors.ts";
import type { BodyDecoder, BodySink } from "../../src/http1/body.ts";
import { requestBody } from "../../src/http1/body-decoder.ts";
import { CODEC_LIMITS } from "../../src/http1/limits.ts";

export class Collector implements BodySink {
  readonly chunks: Buffer[] = [];
  trailers: string | null = null;

  onBody(chunk: Buffer): void {
    assert.equal(this.trailers, null, "no chunk comes behind the end");
    assert.ok(chunk.length > 0, "no chunk is empty");
    this.chunks.push(chunk);
  }

  onBodyEnd(trailers: string): void {
    assert.equal(this.trailers, null, "the end comes once");
    this.trailers = trailers;
  }

  get text(): string {
    return Buffer.concat(this.chunks).toString("latin1");
  }
}

export const CHUNKED = { contentLength: -1, nominated: null };

export const chunked = (): BodyDecoder => requestBody(CHUNKED, CODEC_LIMITS);

/** Feeds `text` cut at `cuts`; what is left over after the end is given back. */
export function decode(decoder: BodyDecoder, text: string, cuts: readonly number[] = []) {
  const sink = new Collector();
  const bytes = Buffer.from(text, "latin1");
  const ends = [...cuts.filter((cut) => cut < bytes.length), bytes.length].sort((a, b) => a - b);
  let from = 0;
  let consumed = 0;
  for (const end of ends) {
    const part = bytes.subarray(from, end);
    consumed += decoder.feed(part, 0, sink);
    from = end;
    if (decoder.isDone) break;
  }
  return { sink, rest: text.slice(consumed), isDone: decoder.isDone };
}

export function refuses(code: ErrorCode, text: string, decoder = chunked()): void {
  assert.throws(
    () => decode(decoder, text),
    (error) => error instanceof SluiceError && error.code === code,
    `${code} for ${JSON.stringify(text.slice(0, 100))}`,
  );
}
