// The kernel's way to the streams of the web, whose classes come with a part of their own
// (streams-main.ts): null where the script names nothing of them, so that nobody can have one
// either. And a body that is a stream of the script's own.

import type { ReadableStream } from "web-streams-polyfill";

export type Bytes = Uint8Array<ArrayBuffer>;

/** Bytes that come piece by piece, when they are asked for. */
export interface Feed {
  /** The next piece, which is the caller's own; empty: there is no more. */
  pull(): Promise<Bytes>;
  /** No more is wanted. */
  cancel(reason: unknown): void;
}

export interface Streams {
  /** A stream of bytes that pulls when it is read, and never before. */
  readonly over: (feed: Feed) => ReadableStream<Bytes>;
  readonly isStream: (value: unknown) => value is ReadableStream;
  /** The chunks of a stream. Throws if somebody else reads it. */
  readonly feedOf: (stream: ReadableStream) => Feed;
}

let streams: Streams | null = null;

export function useStreams(given: Streams): void {
  streams = given;
}

export const streamsOfScript = (): Streams | null => streams;

/** A body that is a stream of the script's own. */
export class StreamBody {
  readonly #streams: Streams;
  readonly #stream: ReadableStream;

  constructor(stream: ReadableStream, streams: Streams) {
    this.#stream = stream;
    this.#streams = streams;
  }

  static is(value: unknown): value is StreamBody {
    return typeof value === "object" && value !== null && #streams in value;
  }

  get stream(): ReadableStream {
    return this.#stream;
  }

  /** Throws if somebody else reads it. */
  feed(): Feed {
    return this.#streams.feedOf(this.#stream);
  }
}
