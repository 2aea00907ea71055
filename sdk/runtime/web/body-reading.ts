// How a body comes in, whatever it is kept as: whole, as bytes or text, or piece by piece.

import { ANSWER_BYTES_MAX } from "../../../src/wire/records.ts";
import { arrayPush, stringSlice } from "../primordials.ts";
import type { BodySource } from "./body-handle.ts";
import { joinBytes } from "./join-bytes.ts";
import { RemoteBody } from "./remote-body.ts";
import { type Bytes, type Feed, StreamBody } from "./streams.ts";
import { copyBytes, encodeUtf8, Utf8Decoder } from "./utf8.ts";

export type Local = Exclude<BodySource, RemoteBody | StreamBody>;

/** Comes in, if it is the host's or a stream. */
export function here(source: BodySource): Local | Promise<Local> {
  if (StreamBody.is(source)) return readAll(source.feed());
  return RemoteBody.is(source) ? source.read() : source;
}

async function readAll(feed: Feed): Promise<Bytes> {
  const parts: Bytes[] = [];
  for (let length = 0; ; ) {
    const piece = await feed.pull();
    if (piece.length === 0) return joinBytes(parts, length);
    length += piece.length;
    if (length > ANSWER_BYTES_MAX) {
      const error = new TypeError(`a body has at most ${ANSWER_BYTES_MAX} bytes`);
      feed.cancel(error);
      throw error;
    }
    arrayPush(parts, piece);
  }
}

export const bytesOfLocal = (source: Local): Bytes =>
  typeof source === "string" ? encodeUtf8(source) : copyBytes(source ?? encodeUtf8(""));

export function textOf(source: Local): string {
  if (source === null) return "";
  if (typeof source !== "string") return withoutMark(new Utf8Decoder(false).decode(source, true));
  return withoutMark(source);
}

/** "UTF-8 decode" drops a byte order mark. */
function withoutMark(text: string): string {
  return text[0] === "\ufeff" ? stringSlice(text, 1) : text;
}

/** What a body of text, of bytes or of the host's is, as a stream of its own. */
export class OwnFeed implements Feed {
  readonly #source: string | Bytes | RemoteBody;
  readonly #use: () => unknown;
  #isBegun = false;
  #isDone = false;

  constructor(source: string | Bytes | RemoteBody, use: () => unknown) {
    this.#source = source;
    this.#use = use;
  }

  async pull(): Promise<Bytes> {
    this.#begin();
    const source = this.#source;
    if (RemoteBody.is(source)) return await source.pull();
    const bytes = this.#isDone ? NOTHING : bytesOfLocal(source);
    this.#isDone = true;
    return bytes;
  }

  cancel(reason: unknown): void {
    this.#begin();
    if (RemoteBody.is(this.#source)) this.#source.cancel(reason);
  }

  /** Throws if the body has been read in another way. */
  #begin(): void {
    if (this.#isBegun) return;
    this.#isBegun = true;
    const use = this.#use;
    use();
  }
}

const NOTHING = encodeUtf8("");
