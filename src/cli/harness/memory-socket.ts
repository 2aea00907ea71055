// A client's socket without a network: what the test sends is pushed in, and what the proxy writes
// is kept. The proxy uses it like any other socket.

import { Socket } from "node:net";

export interface MemoryPeer {
  readonly address: string;
  readonly port: number;
}

type Written = (error?: Error | null) => void;

export class MemorySocket extends Socket {
  override readonly remoteAddress: string;
  override readonly remotePort: number;
  readonly #written: Buffer[] = [];

  constructor({ address, port }: MemoryPeer) {
    super({ allowHalfOpen: true });
    this.remoteAddress = address;
    this.remotePort = port;
  }

  /** All that the proxy wrote. */
  written(): Buffer {
    return Buffer.concat(this.#written);
  }

  override _read(): void {}

  override _write(chunk: Buffer | string, encoding: BufferEncoding, done: Written): void {
    this.#written.push(typeof chunk === "string" ? Buffer.from(chunk, encoding) : chunk);
    done();
  }

  override _writev(parts: { chunk: Buffer | string; encoding: BufferEncoding }[], done: Written) {
    for (const { chunk, encoding } of parts) {
      this.#written.push(typeof chunk === "string" ? Buffer.from(chunk, encoding) : chunk);
    }
    done();
  }

  override _final(done: Written): void {
    done();
  }

  override resetAndDestroy(): this {
    return this.destroy();
  }
}
