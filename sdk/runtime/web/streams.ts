// The kernel's way to the streams of the web, whose classes come with a part of their own
// (streams-main.ts): null where the script names nothing of them, so that nobody can have one
// either. And a body that is a stream of the script's own: it comes whole when it is read.

import type { ReadableStream } from "web-streams-polyfill";

export type Bytes = Uint8Array<ArrayBuffer>;

export interface Streams {
  /** A stream of bytes that asks for all of them when it is read. */
  readonly over: (read: () => Promise<Bytes>) => ReadableStream<Bytes>;
  readonly isStream: (value: unknown) => value is ReadableStream;
  /** All of it; rejects beyond so many bytes. Throws if somebody else reads it. */
  readonly readAll: (stream: ReadableStream, bytesMax: number) => Promise<Bytes>;
}

let streams: Streams | null = null;

export function useStreams(given: Streams): void {
  streams = given;
}

export const streamsOfScript = (): Streams | null => streams;

export class StreamBody {
  readonly #read: () => Promise<Bytes>;
  #whole: Promise<Bytes> | null = null;

  constructor(read: () => Promise<Bytes>) {
    this.#read = read;
  }

  static is(value: unknown): value is StreamBody {
    return typeof value === "object" && value !== null && #read in value;
  }

  /** All of it; the same bytes for all who ask. */
  read(): Promise<Bytes> {
    const read = this.#read;
    this.#whole ??= read();
    return this.#whole;
  }
}
