// CompressionStream and DecompressionStream: the host codes (src/sandbox/coder.ts), and gives what
// has become of a chunk piece by piece.

import { TransformStream, type TransformStreamDefaultController } from "web-streams-polyfill";
import { ASK } from "../../../src/wire/asks.ts";
import { ask, askNext, awaited, current, letGo, refusalOf } from "../shared.ts";
import { type BufferSource, bytesOf, isBufferSource } from "./bytes.ts";
import type { Bytes } from "./streams.ts";

type Held = Parameters<typeof askNext>[0];
type Format = "gzip" | "deflate" | "deflate-raw";
type Controller = TransformStreamDefaultController<Bytes>;
type Coding = TransformStream<BufferSource, Bytes>;

/** @param how  `compress` or `decompress` */
function coding(how: string, format: string): Coding {
  if (format !== "gzip" && format !== "deflate" && format !== "deflate-raw") {
    throw new TypeError(`expected the format gzip, deflate or deflate-raw, got "${format}"`);
  }
  let coder: Held | null = null;
  const give = async (bytes: Bytes | null, controller: Controller): Promise<void> => {
    coder ??= await awaited(opened(`${how} ${format}`));
    let piece = await awaited(askNext(coder, bytes === null ? "end" : "write", bytes));
    while (piece.length > 0) {
      controller.enqueue(piece);
      piece = await awaited(askNext(coder, "chunk"));
    }
  };
  const close = (): void => {
    if (coder !== null) letGo(coder.call, coder.id);
  };
  return new TransformStream({
    async transform(chunk, controller) {
      if (!isBufferSource(chunk)) throw new TypeError("expected chunks that are bytes");
      const bytes = new Uint8Array(bytesOf(chunk));
      if (bytes.length > 0) await give(bytes, controller);
    },
    async flush(controller) {
      await give(null, controller);
      close();
    },
    cancel: close,
  });
}

function opened(text: string): Promise<Held> {
  const call = current();
  return new Promise((resolve, reject) => {
    const wish = { name: "a coding", kind: ASK.code, text, bytes: null };
    const settle = (answer: { ok: boolean; text: string }): void => {
      if (answer.ok && call !== null) resolve({ call, id, name: wish.name });
      else reject(refusalOf(answer.text));
    };
    const id = ask(call, wish, { settle, abort: reject });
  });
}

class CodingStream {
  readonly #coding: Coding;

  constructor(coding: Coding) {
    this.#coding = coding;
  }

  get readable(): Coding["readable"] {
    return this.#coding.readable;
  }

  get writable(): Coding["writable"] {
    return this.#coding.writable;
  }
}

export class CompressionStream extends CodingStream {
  constructor(format: Format) {
    super(coding("compress", `${format}`));
  }
}

export class DecompressionStream extends CodingStream {
  constructor(format: Format) {
    super(coding("decompress", `${format}`));
  }
}
