// How bytes come from a socket to our own connection: past the socket's stream, which saves its
// bookkeeping and a 64 KiB allocation a read (bench/micro/upstream.ts: 0.5 µs of 2.1).

import type { OnReadOpts } from "node:net";

/** One buffer for all reads of this thread; 64 KiB is what libuv asks for. */
const READ_BUFFER = Buffer.allocUnsafeSlow(65_536);

export interface ByteReceiver {
  /**
   * @param bytes  a window on a buffer that the next read, of any socket, overwrites
   * @returns false to stop reading
   */
  onBytes(bytes: Buffer): boolean;
}

/** The receiver is set when the connection is made, which is after its socket was opened. */
export class ReadTap implements OnReadOpts {
  readonly buffer = READ_BUFFER;
  receiver: ByteReceiver | null = null;

  callback = (length: number): boolean =>
    this.receiver === null || this.receiver.onBytes(READ_BUFFER.subarray(0, length));
}
