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
import { CompressionStream, DecompressionStream } from "./coding-streams.ts";
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
  CompressionStream,
  DecompressionStream,
});

useStreams({
  over(feed) {
    const source = {
      type: "bytes" as const,
      async pull(controller: ReadableByteStreamController): Promise<void> {
        const bytes = await awaited(feed.pull());
        if (bytes.length > 0) return controller.enqueue(bytes);
        controller.close();
        controller.byobRequest?.respond(0);
      },
      cancel: (reason: unknown) => feed.cancel(reason),
    };
    return new ReadableStream<Bytes>(source, { highWaterMark: 0 });
  },

  isStream: (value): value is ReadableStream => value instanceof ReadableStream,

  feedOf(stream) {
    const reader = stream.getReader();
    return {
      async pull() {
        for (;;) {
          const { done, value } = await awaited(reader.read());
          if (done) return new Uint8Array(0);
          if (!(value instanceof Uint8Array)) throw notBytes(reader);
          if (value.length > 0) return new Uint8Array(value);
        }
      },
      cancel: (reason) => void reader.cancel(reason).catch(ignore),
    };
  },
});

function notBytes(reader: ReadableStreamDefaultReader): TypeError {
  const error = new TypeError("Cannot read the stream: expected chunks that are Uint8Arrays");
  void reader.cancel(error).catch(ignore);
  return error;
}

/** What a script's own `cancel` throws is of no interest any more. */
const ignore = (): void => {};
