// Blob and File of the File API, in memory.

import type { ReadableStream } from "web-streams-polyfill";
import {
  arrayPush,
  bytesCopy,
  regexpExec,
  stringToLowerCase,
  typedArrayLength,
} from "../primordials.ts";
import { type BufferSource, bytesOf, isBufferSource } from "./bytes.ts";
import { joinBytes } from "./join-bytes.ts";
import type { Streams } from "./streams.ts";
import { encodeUtf8, Utf8Decoder } from "./utf8.ts";

type Bytes = Uint8Array<ArrayBuffer>;
export type BlobPart = BufferSource | Blob | string;

export interface BlobOptions {
  type?: string;
}

export interface FileOptions extends BlobOptions {
  lastModified?: number;
}

const now = Date.now;
/** The kernel's way to streams. */
let streamsIn: () => Streams | null = () => null;

export function useStreamsOf(given: () => Streams | null): void {
  streamsIn = given;
}

/** Of its stream, at once. */
const PIECE_BYTES = 65_536;
const NOT_ASCII = /[^\x20-\x7e]/;

/** For the runtime: the door to the private field; null for what is no Blob. */
export let bytesOfBlob: (value: unknown) => Bytes | null;
/** For the runtime: of a body, whose type keeps its case. */
export let blobOfType: (bytes: Bytes, type: string) => Blob;

export class Blob {
  readonly #bytes: Bytes;
  #type: string;

  static {
    blobOfType = (bytes, type) => {
      const blob = new Blob([bytes]);
      blob.#type = type;
      return blob;
    };
    bytesOfBlob = (value) =>
      typeof value === "object" && value !== null && #bytes in value ? value.#bytes : null;
  }

  constructor(parts: Iterable<BlobPart> = [], options: BlobOptions = {}) {
    const pieces: Bytes[] = [];
    let length = 0;
    for (const part of parts) {
      const piece = bytesOfPart(part);
      length += typedArrayLength(piece);
      arrayPush(pieces, piece);
    }
    this.#bytes = joinBytes(pieces, length);
    this.#type = typeOf(options?.type);
  }

  get size(): number {
    return typedArrayLength(this.#bytes);
  }

  get type(): string {
    return this.#type;
  }

  slice(start = 0, end: number = this.size, type = ""): Blob {
    const { size } = this;
    const from = placeOf(start, size);
    const to = placeOf(end, size);
    return new Blob([bytesCopy(this.#bytes, from, to < from ? from : to)], { type });
  }

  /** For a script that names streams. */
  stream(): ReadableStream<Bytes> {
    const streams = streamsIn();
    if (streams === null) {
      throw new TypeError("There are no streams here: expected the script to name ReadableStream");
    }
    let at = 0;
    return streams.over({
      pull: async () => {
        const from = at;
        at = placeOf(from + PIECE_BYTES, this.size);
        return bytesCopy(this.#bytes, from, at);
      },
      cancel: () => undefined,
    });
  }

  async text(): Promise<string> {
    return new Utf8Decoder(false).decode(this.#bytes, true);
  }

  async bytes(): Promise<Bytes> {
    return bytesCopy(this.#bytes, 0, this.size);
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    return bytesCopy(this.#bytes, 0, this.size).buffer;
  }
}

export class File extends Blob {
  readonly #name: string;
  readonly #lastModified: number;

  constructor(parts: Iterable<BlobPart>, name: string, options: FileOptions = {}) {
    if (name === undefined) throw new TypeError("Cannot make a File: expected its name");
    super(parts, options);
    this.#name = `${name}`;
    this.#lastModified = options?.lastModified ?? now();
  }

  get name(): string {
    return this.#name;
  }

  get lastModified(): number {
    return this.#lastModified;
  }
}

function bytesOfPart(part: unknown): Bytes {
  const blob = bytesOfBlob(part);
  if (blob !== null) return blob;
  return isBufferSource(part) ? bytesOf(part) : encodeUtf8(`${part}`);
}

function typeOf(type: unknown): string {
  const text = type === undefined ? "" : `${type}`;
  return regexpExec(NOT_ASCII, text) === null ? stringToLowerCase(text) : "";
}

function placeOf(place: number, size: number): number {
  const wanted = place < 0 ? size + place : place;
  if (!(wanted > 0)) return 0;
  return wanted > size ? size : wanted - (wanted % 1);
}
