// A socket of Node's own whose handle is a stub: no kernel behind it, so that what is measured on
// it is our code and Node's alone.

import { Socket } from "node:net";
import type { ReadTap } from "../../src/base/read-tap.ts";

const SCRATCH = Buffer.alloc(65_536);

/** What Node's own code and its streams in C++ tell each other by; a stub must tell it too. */
interface StreamBinding {
  readonly streamBaseState: Int32Array;
  readonly kReadBytesOrError: number;
  readonly kBytesWritten: number;
  readonly kLastWriteWasAsync: number;
}

const binding: StreamBinding = Reflect.get(process, "binding").call(process, "stream_wrap");

/** Takes what is written, as the kernel would, and remembers how much. */
export class StubHandle {
  written = 0;
  received = 0;
  /** Times that something was written. */
  writes = 0;
  /** What would be system calls: reads, writes, and starts and stops of reading. */
  calls = 0;
  writeQueueSize = 0;
  bytesWritten = 0;
  bytesRead = 0;
  onread: () => void = () => {};
  buffer: Uint8Array = SCRATCH;
  getAsyncId = (): number => 1;
  readStart = (): number => this.#called();
  readStop = (): number => this.#called();
  setNoDelay = (): number => 0;
  setKeepAlive = (): number => 0;
  getsockname = (): number => 0;
  ref(): void {}
  unref(): void {}
  close(): void {}

  useUserBuffer(buffer: Uint8Array): void {
    this.buffer = buffer;
  }

  getpeername(into: object): number {
    Object.assign(into, { address: "127.0.0.1", family: "IPv4", port: 50_000 });
    return 0;
  }

  writeLatin1String(_request: object, text: string): number {
    return this.#took(SCRATCH.write(text, "latin1"));
  }

  writeBuffer(_request: object, bytes: Uint8Array): number {
    SCRATCH.set(bytes);
    return this.#took(bytes.length);
  }

  #called(): number {
    this.calls++;
    return 0;
  }

  #took(bytes: number): number {
    this.calls++;
    this.writes++;
    this.written += bytes;
    binding.streamBaseState[binding.kBytesWritten] = bytes;
    binding.streamBaseState[binding.kLastWriteWasAsync] = 0;
    return 0;
  }

  /** As if these bytes had come. */
  receive(bytes: Uint8Array): void {
    this.received++;
    this.calls++;
    this.buffer.set(bytes);
    binding.streamBaseState[binding.kReadBytesOrError] = bytes.length;
    this.onread();
  }
}

export const socketOf = (handle: StubHandle, tap?: ReadTap): Socket =>
  Reflect.construct(Socket, [{ handle, allowHalfOpen: true, onread: tap }]);
