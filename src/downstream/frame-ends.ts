// Where WebSocket frames end in a stream of bytes (RFC 6455 section 5.2): a close frame of ours may
// stand between two frames and nowhere else. Looks at lengths only; contents pass by.

/** The longest head: two bytes, eight of length, four of mask. */
const HEAD_BYTES_MAX = 14;

export class FrameEnds {
  readonly #head = Buffer.alloc(HEAD_BYTES_MAX);
  #headBytes = 0;
  #payloadLeft = 0;

  get isBetweenFrames(): boolean {
    return this.#headBytes === 0 && this.#payloadLeft === 0;
  }

  /** The place in this chunk where the first frame has ended; -1: none ends in it. */
  take(chunk: Buffer): number {
    let first = -1;
    for (let at = 0; at < chunk.length; ) {
      if (this.#payloadLeft > 0) {
        const step = Math.min(this.#payloadLeft, chunk.length - at);
        this.#payloadLeft -= step;
        at += step;
      } else {
        this.#head[this.#headBytes++] = chunk[at++] ?? 0;
        this.#readHead();
      }
      if (first === -1 && this.isBetweenFrames) first = at;
    }
    return first;
  }

  #readHead(): void {
    if (this.#headBytes < 2) return;
    const second = this.#head[1] ?? 0;
    const short = second & 0x7f;
    const lengthBytes = short === 127 ? 8 : short === 126 ? 2 : 0;
    const maskBytes = second & 0x80 ? 4 : 0;
    if (this.#headBytes < 2 + lengthBytes + maskBytes) return;
    this.#headBytes = 0;
    if (lengthBytes === 0) this.#payloadLeft = short;
    else if (lengthBytes === 2) this.#payloadLeft = this.#head.readUInt16BE(2);
    else this.#payloadLeft = Number(this.#head.readBigUInt64BE(2));
  }
}
