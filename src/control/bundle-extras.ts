// The parts of the runtime that most scripts do without: each is a bundle of its own, evaluated
// after the kernel in the isolates of scripts that name what it brings. A name in a string or a
// comment costs memory and nothing else; one that is put together when the script runs is not
// found.

/** One part of the runtime, in the order in which they are evaluated. */
export interface Extra {
  readonly name: string;
  /** Its file in sdk/runtime. */
  readonly entry: string;
  /** Global names that it brings. */
  readonly globals: readonly string[];
  /** What else leads to it: names, and other parts that need it. */
  readonly also: readonly string[];
}

const EVENTS = ["AbortController", "AbortSignal", "CustomEvent", "Event", "EventTarget"];
const URLS = ["URL", "URLSearchParams"];
const STREAMS = [
  ...["ReadableStream", "ReadableStreamDefaultReader", "ReadableStreamDefaultController"],
  ...["ReadableStreamBYOBReader", "ReadableStreamBYOBRequest", "ReadableByteStreamController"],
  ...["WritableStream", "WritableStreamDefaultWriter", "WritableStreamDefaultController"],
  ...["TransformStream", "TransformStreamDefaultController"],
  ...["ByteLengthQueuingStrategy", "CountQueuingStrategy"],
  ...["TextDecoderStream", "TextEncoderStream"],
  ...["CompressionStream", "DecompressionStream"],
];
/** By which the body of a Response is used as one. */
const STREAM_METHODS = [
  ...["getReader", "pipeThrough", "pipeTo", "tee", "for await[^;{]*\\bbody", "stream(?=\\()"],
];
const SCOPE = [
  ...["self", "navigator", "reportError", "scheduler"],
  ...["setInterval", "clearInterval"],
];

export const EXTRAS: readonly Extra[] = [
  {
    name: "url",
    entry: "web/url-main.ts",
    globals: URLS,
    also: ["Request", "redirect", "URLPattern", "FormData", "formData"],
  },
  {
    name: "pattern",
    entry: "web/pattern-main.ts",
    globals: ["URLPattern"],
    also: [],
  },
  {
    name: "events",
    entry: "web/events-main.ts",
    globals: EVENTS,
    also: ["Request", "signal", "[A-Z_]+_ERR", ...STREAMS, ...STREAM_METHODS],
  },
  {
    name: "streams",
    entry: "web/streams-main.ts",
    globals: STREAMS,
    also: STREAM_METHODS,
  },
  {
    name: "crypto",
    entry: "crypto/crypto-main.ts",
    globals: ["Crypto", "CryptoKey", "SubtleCrypto", "crypto"],
    also: [],
  },
  {
    name: "forms",
    entry: "web/forms-main.ts",
    globals: ["Blob", "File", "FormData"],
    also: ["formData", "blob"],
  },
  {
    name: "scope",
    entry: "scope-main.ts",
    globals: SCOPE,
    also: [],
  },
  // what the module `sluice` has beside the kernel's
  { name: "rate-limit", entry: "rate-limit-main.ts", globals: [], also: ["rateLimit", "inflight"] },
  { name: "memory-cache", entry: "memory-cache-main.ts", globals: [], also: ["memoryCache"] },
];

/** Source of an expression that finds a name that leads to it in a script's code. */
export const patternOf = ({ globals, also }: Extra): string =>
  `\\b(?:${[...globals, ...also].join("|")})\\b`;
