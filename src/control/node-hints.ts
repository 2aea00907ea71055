// What a script uses in the place of a part of Node.js.

const BYTES = "use Uint8Array, TextEncoder and TextDecoder";
const FETCH = "use fetch";
const FILES = "no file is there when a script runs: import what it needs as a module or as text";
const EVENTS = "use EventTarget, and AbortController for what is to end";
const STREAMS = "use ReadableStream, TransformStream and WritableStream";
const TIMERS = "use setTimeout, setInterval and scheduler.wait";
const CONTEXT = "what belongs to a request is in its ctx";
const SYSTEM = "a script knows nothing of the machine: its settings are env of the module sluice";
const THREADS = "every worker of the proxy has an isolate of its own";

/** By the module's name up to a slash. */
const HINTS: Readonly<Record<string, string>> = {
  assert: "throw an Error, or test with sluice/test",
  async_hooks: CONTEXT,
  buffer: BYTES,
  child_process: THREADS,
  cluster: THREADS,
  console: "use the global console",
  crypto: "use the global crypto: crypto.subtle, getRandomValues and randomUUID",
  diagnostics_channel: "use log of the module sluice",
  dns: FETCH,
  events: EVENTS,
  fs: FILES,
  http: FETCH,
  http2: FETCH,
  https: FETCH,
  module: FILES,
  net: FETCH,
  os: SYSTEM,
  path: "paths of URLs are text: use URL",
  perf_hooks: "use the global performance",
  process: SYSTEM,
  querystring: "use URLSearchParams",
  stream: STREAMS,
  string_decoder: "use TextDecoder",
  timers: TIMERS,
  tls: FETCH,
  tty: "use log of the module sluice",
  url: "use URL and URLSearchParams",
  util: "use structuredClone, TextEncoder and TextDecoder",
  vm: "code is in the bundle, and none is made from strings",
  worker_threads: THREADS,
  zlib: "use CompressionStream and DecompressionStream",
};

/** Of a specifier that is a part of Node.js. */
export function nodeRefusal(specifier: string): string {
  const [name = ""] = specifier.replace(/^node:/, "").split("/");
  const hint = Object.hasOwn(HINTS, name) ? HINTS[name] : undefined;
  const instead = hint ?? "a script has the web's globals and the module sluice only";
  return `is part of Node.js: ${instead}. A package needs a build for browsers or edges`;
}
