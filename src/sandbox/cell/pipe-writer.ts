// Writes messages to a socket at once, by a system call of our own that bypasses the socket's
// stream, whose bookkeeping costs more than the call. Only what the socket has no room for goes
// through the stream, and everything behind it until that is gone.

import { writeSync } from "node:fs";
import type { Socket } from "node:net";
import { descriptorOf } from "../../base/descriptor.ts";
import { messageBytes, type PipeMessage, writeMessage } from "./pipe.ts";

/** Where messages of ordinary size are put together; they are gone from it when `send` returns. */
const SCRATCH = Buffer.allocUnsafeSlow(65_536);

const NO_PARTS: readonly Uint8Array[] = [];

export class PipeWriter {
  readonly #socket: Socket;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Its `bytes` may come in parts. Nothing happens if the other side is gone. */
  send(message: PipeMessage, parts = NO_PARTS): void {
    const socket = this.#socket;
    if (!socket.writable) return;
    const length = messageBytes(message, parts);
    const buffer = length <= SCRATCH.length ? SCRATCH : Buffer.allocUnsafeSlow(length);
    writeMessage(buffer, message, parts);
    const written = socket.writableLength > 0 ? 0 : writeNow(socket, buffer, length);
    if (written < length) socket.write(Buffer.from(buffer.subarray(written, length)));
  }
}

/** How much of it the socket took. What else went wrong the stream finds out, and tells. */
function writeNow(socket: Socket, buffer: Buffer, length: number): number {
  // asked each time: a number that was closed may belong to another file by now
  const descriptor = descriptorOf(socket);
  if (descriptor < 0) return 0;
  try {
    return writeSync(descriptor, buffer, 0, length);
  } catch {
    return 0;
  }
}
