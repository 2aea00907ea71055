// Text in encodings that the runtime has no tables for: the host decodes it, piece by piece.

import { bytesView } from "../primordials.ts";
import { latin1OfBytes } from "./utf8.ts";

/** Takes and returns primitives; see src/sandbox/legacy-decoders.ts. */
export interface HostDecoders {
  readonly encodingOf: (label: string) => string;
  readonly decode: (
    encoding: string,
    isFatal: boolean,
    text: string,
    stream: number,
  ) => string | null;
}

/** Bytes that the host takes at once. */
const PIECE_BYTES = 65_536;

let host: HostDecoders | null = null;
let lastStream = 0;

export function useHostDecoders(decoders: HostDecoders): void {
  host = decoders;
}

/** The encoding's name; "": it has none, or there is no host. */
export const legacyEncodingOf = (label: string): string => host?.encodingOf(label) ?? "";

export class LegacyDecoder {
  readonly #encoding: string;
  readonly #isFatal: boolean;
  /** Of the text under way; 0: none. */
  #stream = 0;

  constructor(encoding: string, isFatal: boolean) {
    this.#encoding = encoding;
    this.#isFatal = isFatal;
  }

  decode(bytes: Uint8Array, isLast: boolean): string {
    if (this.#stream === 0) this.#stream = ++lastStream;
    let text = "";
    let start = 0;
    do {
      const end = start + PIECE_BYTES;
      text += this.#decodePiece(bytes, start, isLast && end >= bytes.length);
      start = end;
    } while (start < bytes.length);
    if (isLast) this.#stream = 0;
    return text;
  }

  reset(): void {
    this.#stream = 0;
  }

  #decodePiece(bytes: Uint8Array, start: number, isLast: boolean): string {
    const end = start + PIECE_BYTES < bytes.length ? start + PIECE_BYTES : bytes.length;
    const piece = latin1OfBytes(bytesView(bytes, start, end));
    const stream = isLast ? -this.#stream : this.#stream;
    const text = host?.decode(this.#encoding, this.#isFatal, piece, stream) ?? null;
    if (text !== null) return text;
    throw new TypeError(`The encoded data is not valid ${this.#encoding}`);
  }
}
