// The entry of the part that brings the streams of the web, evaluated after the kernel in the
// isolates of scripts that name them: web-streams-polyfill, which is the standard's own text as
// code. Nothing of the runtime's rests on it: a script that breaks it breaks its own streams.

import {
  ByteLengthQueuingStrategy,
  CountQueuingStrategy,
  ReadableByteStreamController,
  ReadableStream,
  ReadableStreamBYOBReader,
  ReadableStreamBYOBRequest,
  ReadableStreamDefaultController,
  ReadableStreamDefaultReader,
  TransformStream,
  TransformStreamDefaultController,
  WritableStream,
  WritableStreamDefaultController,
  WritableStreamDefaultWriter,
} from "web-streams-polyfill";
import { awaited, useStreams } from "../shared.ts";
import { joinBytes } from "./join-bytes.ts";
import { installClasses } from "./lay-out.ts";
import type { Bytes } from "./streams.ts";
import { TextDecoderStream, TextEncoderStream } from "./text-streams.ts";

installClasses(globalThis, {
  ByteLengthQueuingStrategy,
  CountQueuingStrategy,
  ReadableByteStreamController,
  ReadableStream,
  ReadableStreamBYOBReader,
  ReadableStreamBYOBRequest,
  ReadableStreamDefaultController,
  ReadableStreamDefaultReader,
  TransformStream,
  TransformStreamDefaultController,
  WritableStream,
  WritableStreamDefaultController,
  WritableStreamDefaultWriter,
  TextDecoderStream,
  TextEncoderStream,
});

useStreams({
  over: (read) => {
    const source = {
      async pull(controller: ReadableStreamDefaultController<Bytes>): Promise<void> {
        const bytes = await awaited(read());
        if (bytes.length > 0) controller.enqueue(bytes);
        controller.close();
      },
    };
    return new ReadableStream<Bytes>(source, { highWaterMark: 0 });
  },

  isStream: (value): value is ReadableStream => value instanceof ReadableStream,

  async readAll(stream, bytesMax) {
    const reader = stream.getReader();
    const parts: Bytes[] = [];
    let length = 0;
    for (;;) {
      const { done, value } = await awaited(reader.read());
      if (done) return joinBytes(parts, length);
      if (!(value instanceof Uint8Array)) {
        throw new TypeError("Cannot read the stream: expected chunks that are Uint8Arrays");
      }
      length += value.length;
      if (length > bytesMax) throw new TypeError(`a body has at most ${bytesMax} bytes`);
      parts.push(new Uint8Array(value));
    }
  },
});
