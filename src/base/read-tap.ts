// How bytes come from a socket to one of our own connections: past the socket's stream, which saves
// its bookkeeping and a 64 KiB allocation a read (bench/micro/upstream.ts: 0.5 µs of 2.1). A socket
// that we open is opened so; one that a listener accepted is made anew around its handle;
// one of TLS, which is made around another, is given the tap that Node takes for no such socket.

import { type OnReadOpts, Socket } from "node:net";

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

  /** The window of the last read: the next one is often as long. */
  #window = READ_BUFFER;

  callback = (length: number): boolean => {
    if (this.#window.length !== length) this.#window = READ_BUFFER.subarray(0, length);
    return this.receiver === null || this.receiver.onBytes(this.#window);
  };
}

/**
 * A socket that reads through the tap in the place of one that a listener has just accepted, with
 * `pauseOnConnect`. Null if it cannot be had: the accepted one stays as it is, and is to be read as
 * a stream. Node has no public way to ask for a tap on what a listener accepts.
 */
export function throughTap(accepted: Socket, tap: ReadTap): Socket | null {
  const handle: unknown = "_handle" in accepted ? accepted._handle : null;
  if (typeof handle !== "object" || handle === null || "encrypted" in accepted) return null;
  const options = { handle, allowHalfOpen: accepted.allowHalfOpen, onread: tap };
  const socket: Socket & { _handle?: unknown } = Reflect.construct(Socket, [options]);
  if (socket._handle !== handle) return null;
  // Its connection is no longer its own: what is left of it ends, and with it the server's count.
  Reflect.set(accepted, "_handle", null);
  accepted.destroy();
  return socket;
}

/**
 * The same for a TLS socket of which nothing was read yet; it stays the one it is. False: it is to
 * be read as a stream.
 */
export function tapSecure(socket: Socket, tap: ReadTap): boolean {
  const handle: unknown = "_handle" in socket ? socket._handle : null;
  const own = tapSlots();
  if (own === null || !hasUserBuffer(handle) || socket.readableLength > 0) return false;
  Reflect.set(socket, own.buffer, tap.buffer);
  Reflect.set(socket, own.callback, tap.callback);
  handle.useUserBuffer(tap.buffer);
  return true;
}

interface Slots {
  readonly buffer: symbol;
  readonly callback: symbol;
}

/** Where a socket keeps its tap; undefined: nobody has asked. */
let slots: Slots | null | undefined;

/** Null: this Node has other ones, so that no TLS socket has a tap. */
export function tapSlots(): Slots | null {
  slots ??= findSlots();
  return slots;
}

function findSlots(): Slots | null {
  const own = Object.getOwnPropertySymbols(new Socket());
  const find = (name: string) => own.find(({ description }) => description === name);
  const [buffer, callback] = [find("kBuffer"), find("kBufferCb")];
  return buffer === undefined || callback === undefined ? null : { buffer, callback };
}

interface UserBuffered {
  useUserBuffer(buffer: Uint8Array): void;
}

const hasUserBuffer = (handle: unknown): handle is UserBuffered =>
  typeof handle === "object" && handle !== null && "useUserBuffer" in handle;
