// The ambient types of globals that come with large parts of their own, for scripts that name them:
// streams, and URLPattern. See globals.ts.

import type * as Streams from "web-streams-polyfill";
import type { Blob as WebBlob, File as WebFile } from "./runtime/web/blob.ts";
import type {
  CompressionStream as WebCompressionStream,
  DecompressionStream as WebDecompressionStream,
} from "./runtime/web/coding-streams.ts";
import type { FormData as WebFormData } from "./runtime/web/form-data.ts";
import type {
  TextDecoderStream as WebTextDecoderStream,
  TextEncoderStream as WebTextEncoderStream,
} from "./runtime/web/text-streams.ts";

/** One string, or what each part of a URL is to match; a part that is left out matches all. */
type PatternInit = Partial<Record<PatternPart, string>> & { baseURL?: string };
type PatternPart =
  | "protocol"
  | "username"
  | "password"
  | "hostname"
  | "port"
  | "pathname"
  | "search"
  | "hash";
type PatternPartResult = { input: string; groups: Record<string, string | undefined> };
type PatternResult = Record<PatternPart, PatternPartResult> & { inputs: (string | PatternInit)[] };

declare global {
  interface Blob extends WebBlob {}
  var Blob: typeof WebBlob;
  interface File extends WebFile {}
  var File: typeof WebFile;
  interface FormData extends WebFormData {}
  var FormData: typeof WebFormData;
  interface ByteLengthQueuingStrategy extends Streams.ByteLengthQueuingStrategy {}
  var ByteLengthQueuingStrategy: typeof Streams.ByteLengthQueuingStrategy;
  interface CountQueuingStrategy extends Streams.CountQueuingStrategy {}
  var CountQueuingStrategy: typeof Streams.CountQueuingStrategy;
  interface ReadableByteStreamController extends Streams.ReadableByteStreamController {}
  var ReadableByteStreamController: typeof Streams.ReadableByteStreamController;
  interface ReadableStream<R = unknown> extends Streams.ReadableStream<R> {}
  var ReadableStream: typeof Streams.ReadableStream;
  interface ReadableStreamBYOBReader extends Streams.ReadableStreamBYOBReader {}
  var ReadableStreamBYOBReader: typeof Streams.ReadableStreamBYOBReader;
  interface ReadableStreamBYOBRequest extends Streams.ReadableStreamBYOBRequest {}
  var ReadableStreamBYOBRequest: typeof Streams.ReadableStreamBYOBRequest;
  interface ReadableStreamDefaultController<R = unknown>
    extends Streams.ReadableStreamDefaultController<R> {}
  var ReadableStreamDefaultController: typeof Streams.ReadableStreamDefaultController;
  interface ReadableStreamDefaultReader<R = unknown>
    extends Streams.ReadableStreamDefaultReader<R> {}
  var ReadableStreamDefaultReader: typeof Streams.ReadableStreamDefaultReader;
  interface TransformStream<I = unknown, O = unknown> extends Streams.TransformStream<I, O> {}
  var TransformStream: typeof Streams.TransformStream;
  interface TransformStreamDefaultController<O = unknown>
    extends Streams.TransformStreamDefaultController<O> {}
  var TransformStreamDefaultController: typeof Streams.TransformStreamDefaultController;
  interface WritableStream<W = unknown> extends Streams.WritableStream<W> {}
  var WritableStream: typeof Streams.WritableStream;
  interface WritableStreamDefaultController<W = unknown>
    extends Streams.WritableStreamDefaultController<W> {}
  var WritableStreamDefaultController: typeof Streams.WritableStreamDefaultController;
  interface WritableStreamDefaultWriter<W = unknown>
    extends Streams.WritableStreamDefaultWriter<W> {}
  var WritableStreamDefaultWriter: typeof Streams.WritableStreamDefaultWriter;
  interface CompressionStream extends WebCompressionStream {}
  var CompressionStream: typeof WebCompressionStream;
  interface DecompressionStream extends WebDecompressionStream {}
  var DecompressionStream: typeof WebDecompressionStream;
  interface TextDecoderStream extends WebTextDecoderStream {}
  var TextDecoderStream: typeof WebTextDecoderStream;
  interface TextEncoderStream extends WebTextEncoderStream {}
  var TextEncoderStream: typeof WebTextEncoderStream;

  interface URLPattern extends Readonly<Record<PatternPart, string>> {
    readonly hasRegExpGroups: boolean;
    test(input?: string | PatternInit | URL, baseURL?: string): boolean;
    exec(input?: string | PatternInit | URL, baseURL?: string): PatternResult | null;
  }
  var URLPattern: {
    prototype: URLPattern;
    new (input?: string | PatternInit, options?: { ignoreCase?: boolean }): URLPattern;
    new (input: string, baseURL: string, options?: { ignoreCase?: boolean }): URLPattern;
  };
}
