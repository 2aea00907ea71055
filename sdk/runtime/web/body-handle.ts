// What `body` of a Request or a Response gives: something to hand on, to the constructors and as a
// body of an init, without a look inside; and a stream, once it is used as one by a script that
// names streams. To others it says what to do.

import type {
  ReadableStream,
  ReadableStreamAsyncIterator,
  ReadableStreamDefaultReader,
  StreamPipeOptions,
  WritableStream,
} from "web-streams-polyfill";
import type { RemoteBody } from "./remote-body.ts";
import { type Bytes, type StreamBody, streamsOfScript } from "./streams.ts";

/**
 * What a body is kept as: text while it is text, since most are sent as they are; what the host has
 * of it; or a stream of the script's own.
 */
export type BodySource = string | Uint8Array<ArrayBuffer> | RemoteBody | StreamBody | null;

interface Pair<T> {
  readonly readable: ReadableStream<T>;
  readonly writable: WritableStream<Bytes>;
}

interface Owner {
  isUsed(): boolean;
  /** Throws if it has been used already. */
  take(): BodySource;
  /** All of it, which is used up by that. */
  read(): Promise<Uint8Array<ArrayBuffer>>;
}

/** For the runtime: the door to the private fields. */
let ownerIn: (handle: BodyHandle) => Owner;

export class BodyHandle {
  readonly #owner: Owner;
  #stream: ReadableStream<Bytes> | null = null;

  static {
    ownerIn = (handle) => {
      if (handle.locked) throw new TypeError("Cannot use the body: somebody reads it as a stream");
      return handle.#owner;
    };
  }

  constructor(owner: Owner) {
    this.#owner = owner;
  }

  /** The runtime's. */
  static isHandle(value: unknown): value is BodyHandle {
    return typeof value === "object" && value !== null && #owner in value;
  }

  get locked(): boolean {
    return this.#stream === null ? this.#owner.isUsed() : this.#stream.locked;
  }

  getReader(): ReadableStreamDefaultReader<Bytes> {
    return this.#opened().getReader();
  }

  pipeThrough<T>(pair: Pair<T>, options?: StreamPipeOptions): ReadableStream<T> {
    return this.#opened().pipeThrough(pair, options);
  }

  pipeTo(destination: WritableStream<Bytes>, options?: StreamPipeOptions): Promise<void> {
    return this.#opened().pipeTo(destination, options);
  }

  tee(): [ReadableStream<Bytes>, ReadableStream<Bytes>] {
    return this.#opened().tee();
  }

  cancel(reason?: unknown): Promise<void> {
    return this.#opened().cancel(reason);
  }

  values(): ReadableStreamAsyncIterator<Bytes> {
    return this.#opened().values();
  }

  [Symbol.asyncIterator](): ReadableStreamAsyncIterator<Bytes> {
    return this.#opened().values();
  }

  #opened(): ReadableStream<Bytes> {
    const streams = streamsOfScript() ?? noStreams();
    if (this.#stream === null) {
      if (this.#owner.isUsed())
        throw new TypeError("Cannot read the body: it has been read already");
      this.#stream = streams.over(() => this.#owner.read());
    }
    return this.#stream;
  }
}

/** The body, which is used up by that. */
export const takeFrom = (handle: BodyHandle): BodySource => ownerIn(handle).take();

function noStreams(): never {
  throw new TypeError(
    "A body is no stream here: expected text(), json(), bytes() or arrayBuffer() of its owner, " +
      "or the body as it is in new Response(body, init)",
  );
}
