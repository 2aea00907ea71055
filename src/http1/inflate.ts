// Decoding `deflate`. By RFC 9110 section 8.4.1.2 it is zlib's format; some servers (IIS) and
// clients send deflate itself, without that around it. The first byte tells them apart.

import { Duplex } from "node:stream";
import zlib from "node:zlib";

type Done = (error?: Error | null) => void;

export class Inflate extends Duplex {
  /** Made for what comes. */
  #decoder: zlib.Inflate | zlib.InflateRaw | null = null;

  override _write(chunk: Buffer, _encoding: string, done: Done): void {
    this.#decoder ??= this.#begin(isZlib(chunk[0] ?? 0));
    if (this.#decoder.write(chunk)) done();
    else this.#decoder.once("drain", () => done());
  }

  override _final(done: Done): void {
    if (this.#decoder === null) this.push(null);
    else this.#decoder.end();
    done();
  }

  override _read(): void {
    this.#decoder?.resume();
  }

  override _destroy(error: Error | null, done: Done): void {
    this.#decoder?.destroy();
    done(error);
  }

  #begin(hasFormat: boolean): zlib.Inflate | zlib.InflateRaw {
    const decoder = hasFormat ? zlib.createInflate() : zlib.createInflateRaw();
    decoder.on("data", (chunk: Buffer) => {
      if (!this.push(chunk)) decoder.pause();
    });
    decoder.on("end", () => this.push(null));
    decoder.on("error", (error) => this.destroy(error));
    return decoder;
  }
}

/**
 * RFC 1950: its low half says 8, deflate. A raw stream begins so only with a stored block whose
 * padding is not zero, which no encoder writes.
 */
const isZlib = (first: number): boolean => (first & 0x0f) === 8;
