// TextDecoderStream and TextEncoderStream of the Encoding standard: a decoder between two ends of a
// TransformStream, and the same the other way.

import { TransformStream } from "web-streams-polyfill";
import { stringCharCodeAt, stringSlice } from "../primordials.ts";
import type { BufferSource } from "./bytes.ts";
import { TextDecoder, type TextDecoderOptions, TextEncoder } from "./encoding.ts";

export class TextDecoderStream {
  readonly #decoder: TextDecoder;
  readonly #transform: TransformStream<BufferSource, string>;

  constructor(label: string = "utf-8", options: TextDecoderOptions = {}) {
    const decoder = new TextDecoder(label, options);
    this.#decoder = decoder;
    this.#transform = new TransformStream({
      transform(chunk, controller) {
        const text = decoder.decode(chunk, { stream: true });
        if (text !== "") controller.enqueue(text);
      },
      flush(controller) {
        const text = decoder.decode();
        if (text !== "") controller.enqueue(text);
      },
    });
  }

  get encoding(): string {
    return this.#decoder.encoding;
  }

  get fatal(): boolean {
    return this.#decoder.fatal;
  }

  get ignoreBOM(): boolean {
    return this.#decoder.ignoreBOM;
  }

  get readable(): ReadableStream<string> {
    return this.#transform.readable;
  }

  get writable(): WritableStream<BufferSource> {
    return this.#transform.writable;
  }
}

type ReadableStream<T> = TransformStream<unknown, T>["readable"];
type WritableStream<T> = TransformStream<T, unknown>["writable"];

export class TextEncoderStream {
  readonly #transform: TransformStream<string, Uint8Array>;

  constructor() {
    const encoder = new TextEncoder();
    /** The first half of a character whose other half comes with the next chunk. */
    let half = "";
    this.#transform = new TransformStream({
      transform(chunk, controller) {
        const text = `${half}${chunk}`;
        const end = isHalf(text) ? text.length - 1 : text.length;
        half = stringSlice(text, end);
        if (end > 0) controller.enqueue(encoder.encode(stringSlice(text, 0, end)));
      },
      flush(controller) {
        if (half !== "") controller.enqueue(encoder.encode(half));
      },
    });
  }

  get encoding(): "utf-8" {
    return "utf-8";
  }

  get readable(): ReadableStream<Uint8Array> {
    return this.#transform.readable;
  }

  get writable(): WritableStream<string> {
    return this.#transform.writable;
  }
}

function isHalf(text: string): boolean {
  const last = stringCharCodeAt(text, text.length - 1);
  return last >= 0xd800 && last <= 0xdbff;
}
