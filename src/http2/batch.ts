// What leaves a session in one write: text, and chunks that are too large to become text.

export class Batch {
  bytes = 0;
  #text = "";
  /** Text and chunks in front of `#text`. */
  #parts: (string | Buffer)[] = [];

  /** @param text  latin1 */
  put(text: string): void {
    this.#text += text;
    this.bytes += text.length;
  }

  putChunk(head: string, chunk: Buffer): void {
    this.#parts.push(this.#text + head, chunk);
    this.#text = "";
    this.bytes += head.length + chunk.length;
  }

  /** All of it, in one piece: to copy costs less than a second write. Nothing is left. */
  take(): string | Buffer {
    const { bytes } = this;
    const text = this.#text;
    const parts = this.#parts;
    this.#text = "";
    this.bytes = 0;
    if (parts.length === 0) return text;
    this.#parts = [];
    parts.push(text);
    const whole = Buffer.allocUnsafe(bytes);
    let at = 0;
    for (const part of parts) {
      if (typeof part === "string") whole.write(part, at, "latin1");
      else whole.set(part, at);
      at += part.length;
    }
    return whole;
  }
}
