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
import { installClasses } from "./lay-out.ts";
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
