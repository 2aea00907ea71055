// Encodings of the Encoding standard that a script's realm has no tables for (Shift_JIS, GBK,
// KOI8-R …): decoded by this process, which has. One for each isolate. What comes in is from a
// script and goes nowhere but into Node's own decoder; what goes out is a string.

/** Decoders in the middle of a text: scripts have a few. The one begun first gives way. */
const STREAMS_MAX = 64;
/** Longer labels are none. */
const LABEL_CHARS_MAX = 64;
/** Bytes of one call, so that whoever watches the script gets a word in between. */
const BYTES_MAX = 65_536;

export class LegacyDecoders {
  /** By the number that the runtime inside gave them. */
  readonly #streams = new Map<number, TextDecoder>();

  /** The encoding's name; "": there is none of that label. */
  readonly encodingOf = (label: unknown): string => {
    if (typeof label !== "string" || label.length > LABEL_CHARS_MAX) return "";
    try {
      return new TextDecoder(label).encoding;
    } catch {
      return "";
    }
  };

  /**
   * @param text  a character for each byte
   * @param stream  number of the text that the bytes are a part of; below 0: the last part of it
   * @returns null: the bytes are not valid, and the decoder is to object to that
   */
  readonly decode = (
    encoding: unknown,
    isFatal: unknown,
    text: unknown,
    stream: unknown,
  ): string | null => {
    if (typeof text !== "string" || text.length > BYTES_MAX) return null;
    if (typeof encoding !== "string" || typeof stream !== "number") return null;
    const id = Math.abs(stream);
    try {
      const decoder = this.#decoderOf(id, encoding, isFatal === true);
      const decoded = decoder.decode(Buffer.from(text, "latin1"), { stream: stream > 0 });
      if (stream <= 0) this.#streams.delete(id);
      return decoded;
    } catch {
      this.#streams.delete(id);
      return null;
    }
  };

  #decoderOf(id: number, encoding: string, fatal: boolean): TextDecoder {
    const known = this.#streams.get(id);
    if (known !== undefined) return known;
    const decoder = new TextDecoder(encoding, { fatal, ignoreBOM: true });
    const [first] = this.#streams.keys();
    if (this.#streams.size >= STREAMS_MAX && first !== undefined) this.#streams.delete(first);
    this.#streams.set(id, decoder);
    return decoder;
  }
}
