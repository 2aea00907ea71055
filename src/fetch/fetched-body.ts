// The body of a fetch's response, as it comes from its connection, which pauses while nobody
// reads. The first reader decides what happens to it: a script gets it decoded, whole or piece by
// piece; a body that is handed to an exchange goes to the client as it is.

import { type Duplex, pipeline, Readable, Transform, type TransformCallback } from "node:stream";
import type { SluiceError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import { decoderFor } from "../http1/coding.ts";
import { fieldOf } from "../wire/headers.ts";
import { FETCH_LIMITS } from "./limits.ts";
import { FetchRefusal } from "./refusal.ts";

/** The connection that it comes from. */
export interface BodyOrigin {
  pause(): void;
  resume(): void;
  destroy(): void;
}

export class FetchedBody extends Readable {
  /** Bytes that came. */
  rawBytes = 0;
  readonly #origin: BodyOrigin;
  #isWhole = false;

  constructor(origin: BodyOrigin) {
    super({ highWaterMark: FETCH_LIMITS.unreadBytes });
    this.#origin = origin;
    // who reads is told; an error that nobody reads is nobody's
    this.on("error", () => undefined);
  }

  /** From the connection. False: it waits until `resume`. */
  add(chunk: Buffer): boolean {
    this.rawBytes += chunk.length;
    return this.push(chunk);
  }

  /** There is no more. */
  complete(): void {
    this.#isWhole = true;
    this.push(null);
  }

  failed(error: SluiceError): void {
    this.#isWhole = true;
    this.destroy(new FetchRefusal(`fetch: the response broke off: ${error.message}`));
  }

  override _read(): void {
    if (!this.#isWhole) this.#origin.resume();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    if (!this.#isWhole) this.#origin.destroy();
    this.#isWhole = true;
    done(error);
  }
}

const NO_CODINGS: readonly string[] = [];

/** The codings of a block, the outermost last; those of Node's zlib, two at most. */
export function codingsOf(headers: string): readonly string[] {
  const field = fieldOf(headers, "content-encoding");
  if (field === null) return NO_CODINGS;
  const codings = field.toLowerCase().split(",");
  return codings.map((one) => one.trim()).filter((one) => one !== "" && one !== "identity");
}

/** The body as scripts read it. Throws FetchRefusal for a coding that nobody here knows. */
export function decoded(body: FetchedBody, codings: readonly string[]): Readable {
  if (codings.length === 0) return body;
  const decoders = codings.toReversed().map((coding) => decoderFor(coding));
  const known = decoders.filter((one): one is Duplex => one !== null);
  if (known.length < codings.length || codings.length > FETCH_LIMITS.codings) {
    for (const one of known) one.destroy();
    throw new FetchRefusal(`fetch: expected a known content-encoding, got ${codings.join(", ")}`);
  }
  const counter = new DecodedCount(body);
  counter.on("error", () => undefined);
  pipeline([body, ...known, counter], () => undefined);
  return counter;
}

/** What a body decodes to, as far as that is in proportion to it. */
class DecodedCount extends Transform {
  readonly #raw: FetchedBody;
  #bytes = 0;

  constructor(raw: FetchedBody) {
    super();
    this.#raw = raw;
  }

  override _transform(chunk: Buffer, _encoding: string, done: TransformCallback): void {
    this.#bytes += chunk.length;
    const most = Math.max(LIMITS.decodedFreeBytes, LIMITS.decodedRatio * this.#raw.rawBytes);
    if (this.#bytes <= most) done(null, chunk);
    else done(new FetchRefusal("fetch: the body decodes to far too much"));
  }
}

/** All of it. Rejects with FetchRefusal. */
export async function readWhole(body: Readable, bytesMax: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let length = 0;
  try {
    for await (const piece of body) {
      length += piece.length;
      if (length > bytesMax) {
        const most = `${bytesMax} bytes (limits.bufferedBodyBytes)`;
        throw new FetchRefusal(`fetch: the body is larger than ${most}`);
      }
      pieces.push(piece);
    }
  } catch (thrown) {
    if (thrown instanceof FetchRefusal) throw thrown;
    throw new FetchRefusal("fetch: the body cannot be decoded", { cause: thrown });
  }
  return pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces);
}

/** The next piece of it; empty: that was the last. Rejects with FetchRefusal. */
export async function readChunk(body: Readable): Promise<Buffer> {
  try {
    for (;;) {
      const piece: Buffer | null = body.read();
      if (piece !== null) return piece;
      if (body.readableEnded) return Buffer.alloc(0);
      if (body.destroyed) throw body.errored ?? new FetchRefusal("fetch: the body was given up");
      await readableOrOver(body);
    }
  } catch (thrown) {
    if (thrown instanceof FetchRefusal) throw thrown;
    throw new FetchRefusal("fetch: the body cannot be decoded", { cause: thrown });
  }
}

function readableOrOver(body: Readable): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      body.off("readable", done).off("end", done).off("close", done);
      resolve();
    };
    body.on("readable", done).on("end", done).on("close", done);
  });
}
