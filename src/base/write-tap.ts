// How bytes go from our own connections to a socket: past the socket's stream, straight to its
// handle, while nothing waits in the stream. What the kernel does not take at once waits in libuv,
// behind which the stream's own writes queue up, so the two may be mixed. Node has no public way to
// this: where what is needed is not found, or the socket is TLS, the stream is written to.

import type { Socket } from "node:net";
import { getSystemErrorName } from "node:util";

/** What a handle of libuv has, as far as this needs it. */
interface StreamHandle {
  /** Bytes that the kernel has not taken yet. */
  readonly writeQueueSize: number;
  writeLatin1String(request: WriteRequest, text: string): number;
  writeBuffer(request: WriteRequest, bytes: Uint8Array): number;
}

/** Of a write that the kernel did not take whole; of all others nothing is kept in it. */
interface WriteRequest {
  oncomplete: ((status: number) => void) | null;
  /** Kept alive until they are written: the handle has a pointer to them, and no more. */
  bytes: Uint8Array | null;
}

interface StreamBinding {
  readonly WriteWrap: new () => WriteRequest;
  readonly streamBaseState: Readonly<Record<number, number>>;
  readonly kLastWriteWasAsync: number;
}

const BINDING = streamBinding();

/** Whether this Node lets bytes past the stream at all; a test tells of one that does not. */
export const CAN_WRITE_PAST_STREAM = BINDING !== null;

/** Used for every write of this thread until one of them is not done at once. */
let spare: WriteRequest | null = null;

/** To be had for as long as the socket lives; `drain` comes as an event of the socket, as ever. */
export class WriteTap {
  readonly #socket: Socket;
  readonly #handle: StreamHandle | null;
  /** Writes past the stream that are not done. */
  #pending = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.#handle = BINDING === null ? null : handleOf(socket);
  }

  /** The socket holds more than it wants to: its `drain` comes when that has left. */
  get isBlocked(): boolean {
    return this.#pending > 0 || this.#socket.writableNeedDrain;
  }

  /** Becomes less while the other side takes something; nothing else is to be read from it. */
  get waitingBytes(): number {
    return this.#socket.writableLength + (this.#handle?.writeQueueSize ?? 0);
  }

  /** False: hold back. Strings are latin1. */
  write(data: string | Buffer): boolean {
    const socket = this.#socket;
    const handle = this.#handle;
    if (handle === null || BINDING === null || socket.writableLength > 0 || !socket.writable) {
      return this.#writeToStream(data);
    }
    spare ??= new BINDING.WriteWrap();
    const status =
      typeof data === "string"
        ? handle.writeLatin1String(spare, data)
        : handle.writeBuffer(spare, data);
    if (status !== 0) {
      spare = null; // what a write that failed leaves in it is not ours to know
      socket.destroy(writeError(status));
      return false;
    }
    if (BINDING.streamBaseState[BINDING.kLastWriteWasAsync] === 0) return this.#pending === 0;
    this.#await(spare, data);
    return false;
  }

  #writeToStream(data: string | Buffer): boolean {
    const socket = this.#socket;
    const hasRoom = typeof data === "string" ? socket.write(data, "latin1") : socket.write(data);
    return hasRoom && this.#pending === 0;
  }

  #await(request: WriteRequest, data: string | Buffer): void {
    spare = null;
    this.#pending++;
    request.bytes = typeof data === "string" ? null : data;
    request.oncomplete = (status) => {
      request.bytes = null;
      this.#pending--;
      this.#done(status);
    };
  }

  #done(status: number): void {
    const socket = this.#socket;
    if (socket.destroyed) return;
    if (status !== 0) socket.destroy(writeError(status));
    else if (!this.isBlocked) socket.emit("drain");
  }
}

/** Null: its bytes go through its stream. */
function handleOf(socket: Socket): StreamHandle | null {
  const handle: unknown = "_handle" in socket ? socket._handle : null;
  return isStreamHandle(handle) && !("encrypted" in socket) ? handle : null;
}

function isStreamHandle(handle: unknown): handle is StreamHandle {
  if (typeof handle !== "object" || handle === null) return false;
  if (!("writeLatin1String" in handle) || !("writeBuffer" in handle)) return false;
  return "writeQueueSize" in handle && typeof handle.writeQueueSize === "number";
}

/** Null: this Node has none, or one that is made otherwise. */
function streamBinding(): StreamBinding | null {
  const bindingOf: unknown = Reflect.get(process, "binding");
  if (typeof bindingOf !== "function") return null;
  try {
    const binding: unknown = Reflect.apply(bindingOf, process, ["stream_wrap"]);
    return isStreamBinding(binding) ? binding : null;
  } catch {
    return null; // withheld: the permission model does that
  }
}

function isStreamBinding(binding: unknown): binding is StreamBinding {
  if (typeof binding !== "object" || binding === null) return false;
  if (!("WriteWrap" in binding) || typeof binding.WriteWrap !== "function") return false;
  if (!("streamBaseState" in binding) || !("kLastWriteWasAsync" in binding)) return false;
  const { streamBaseState: state, kLastWriteWasAsync: index } = binding;
  return state instanceof Int32Array && typeof index === "number" && index < state.length;
}

/** As Node's own: `write EPIPE`. */
function writeError(status: number): Error {
  const code = getSystemErrorName(status);
  return Object.assign(new Error(`write ${code}`), { code, errno: status, syscall: "write" });
}
