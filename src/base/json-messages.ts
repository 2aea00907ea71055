// Messages between our own processes: JSON behind a length of four bytes. The reader says how long
// a message may be, and checks what it contains.

const HEAD_BYTES = 4;

export function encodeJson(message: unknown): Buffer {
  const text = Buffer.from(JSON.stringify(message));
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt32LE(text.length);
  return Buffer.concat([head, text]);
}

/** Cuts a stream into messages, and copies no byte more than once. */
export class JsonReader {
  readonly #bytesMax: number;
  /** Of what is not whole yet; there is always one. */
  #chunks: Buffer[] = [];
  #bytes = 0;
  /** Bytes that are needed before there is more to read. */
  #need = HEAD_BYTES;

  /** @param bytesMax  of one message */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** What is whole now. Throws a RangeError or SyntaxError for what is no message. */
  *read(chunk: Buffer): Generator<unknown> {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    while (this.#bytes >= this.#need) {
      const data = this.#joined();
      const length = data.readUInt32LE();
      if (length > this.#bytesMax) throw new RangeError(`a message of ${length} bytes`);
      this.#need = HEAD_BYTES + length;
      if (data.length < this.#need) return;
      const text = data.toString("utf8", HEAD_BYTES, this.#need);
      this.#chunks = [data.subarray(this.#need)];
      this.#bytes -= this.#need;
      this.#need = HEAD_BYTES;
      yield JSON.parse(text);
    }
  }

  #joined(): Buffer {
    const [first] = this.#chunks;
    if (first !== undefined && this.#chunks.length === 1) return first;
    const data = Buffer.concat(this.#chunks);
    this.#chunks = [data];
    return data;
  }
}
