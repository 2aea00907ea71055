// What `body` of a Request or a Response gives to a script that names no streams: something to hand
// on, to the constructors and as a body of an init, without a look inside. It has the form of a
// stream, and says what to do when it is used as one.

import type {
  ReadableStream,
  ReadableStreamAsyncIterator,
  ReadableStreamBYOBReader,
  ReadableStreamDefaultReader,
} from "web-streams-polyfill";
import type { RemoteBody } from "./remote-body.ts";
import type { Bytes, StreamBody } from "./streams.ts";

/**
 * What a body is kept as: text while it is text, since most are sent as they are; what the host has
 * of it; or a stream of the script's own.
 */
export type BodySource = string | Uint8Array<ArrayBuffer> | RemoteBody | StreamBody | null;

/** Whose body it is. */
export interface BodyOwner {
  isUsed(): boolean;
  /** Throws if it has been used already. */
  take(): BodySource;
}

/** For the runtime: the door to the private field. */
let ownerIn: (handle: BodyHandle) => BodyOwner;

export class BodyHandle implements ReadableStream<Bytes> {
  readonly #owner: BodyOwner;

  static {
    ownerIn = (handle) => handle.#owner;
  }

  constructor(owner: BodyOwner) {
    this.#owner = owner;
  }

  /** The runtime's. */
  static isHandle(value: unknown): value is BodyHandle {
    return typeof value === "object" && value !== null && #owner in value;
  }

  get locked(): boolean {
    return this.#owner.isUsed();
  }

  getReader(options: { mode: "byob" }): ReadableStreamBYOBReader;
  getReader(): ReadableStreamDefaultReader<Bytes>;
  getReader(): never {
    throw noStream();
  }

  pipeThrough(): never {
    throw noStream();
  }

  pipeTo(): never {
    throw noStream();
  }

  tee(): never {
    throw noStream();
  }

  cancel(): never {
    throw noStream();
  }

  values(): ReadableStreamAsyncIterator<Bytes> {
    throw noStream();
  }

  [Symbol.asyncIterator](): ReadableStreamAsyncIterator<Bytes> {
    throw noStream();
  }
}

/** The body, which is used up by that. */
export const takeFrom = (handle: BodyHandle): BodySource => ownerIn(handle).take();

/** To be taken by one constructor. Null: there is no body. */
export const handleOf = (source: BodySource): BodyHandle | null =>
  source === null ? null : new BodyHandle({ isUsed: () => false, take: () => source });

const noStream = (): TypeError =>
  new TypeError(
    "A body is no stream here: expected text(), json(), bytes() or arrayBuffer() of its owner, " +
      "the body as it is in new Response(body, init), or the script to name ReadableStream",
  );
