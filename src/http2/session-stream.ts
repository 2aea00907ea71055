// One stream of a session: what of it is open, what its windows allow, and what waits to be sent.
// The session and its outbox move it; who uses it is told.

import { ByteQueue } from "../base/byte-queue.ts";

export const NO_BYTES = Buffer.alloc(0);

/** Who has a stream. */
export interface StreamUser {
  /** Whole, and its own to keep. */
  onData(chunk: Buffer): void;
  /** Behind the last byte, with trailers or without. */
  onEnd(): void;
  /** The other side wants no more of it, or the session is over. Nothing more comes. */
  onReset(code: number): void;
  /** All that was written has left: write on. */
  onRoom(): void;
  /** Nothing is left of it, neither here nor on the way. */
  onClosed(): void;
}

export class SessionStream {
  readonly id: number;
  readonly openedMs: number;
  user: StreamUser | null = null;
  /** The other side has sent its last byte. */
  isRemoteEnded: boolean;
  /** Our last frame is on its way. */
  isLocalEnded = false;
  /** Who uses it is done: what is left is to be sent, and nothing more is to come. */
  isFinished = false;
  isClosed = false;
  /** When it is reset if it goes on, though it is answered; 0: it has not come to that. */
  stopMs = 0;
  /** What may be sent; below 0 if a setting took it back. */
  sendWindow: number;
  /** What may come. */
  receiveWindow: number;
  /** Of what came, what was used and not given back yet. */
  usedBytes = 0;
  /** Bytes that have left. */
  sentBytes = 0;
  /** It waits for its turn in the outbox. */
  isInTurn = false;
  /** Its user waits for room there. */
  isWaiting = false;
  /** The frames of its end, behind what waits: trailers, or empty for none; null: not yet. */
  end: string | null = null;
  /** What waits, and the piece of it that is being sent. */
  #queue: ByteQueue | null = null;
  #piece: Buffer | null = null;
  /** Who is told when all that waits has left. */
  #lefts: (() => void)[] | null = null;

  constructor(id: number, options: StreamBegin) {
    this.id = id;
    this.openedMs = options.openedMs;
    this.isRemoteEnded = options.isRemoteEnded;
    this.sendWindow = options.sendWindow;
    this.receiveWindow = options.receiveWindow;
  }

  /** Nobody wants what may still come. */
  get isAnswered(): boolean {
    return this.isFinished && this.isLocalEnded;
  }

  get queuedBytes(): number {
    return (this.#queue?.bytes ?? 0) + (this.#piece?.length ?? 0);
  }

  enqueue(chunk: Buffer): void {
    this.#queue ??= new ByteQueue();
    this.#queue.push(chunk);
  }

  /** The next bytes of what waits, so many at the most. */
  dequeue(bytesMax: number): Buffer {
    const piece = this.#piece ?? this.#queue?.shift() ?? NO_BYTES;
    const part = piece.length <= bytesMax ? piece : piece.subarray(0, bytesMax);
    this.#piece = part === piece ? null : piece.subarray(bytesMax);
    return part;
  }

  /** `left` is called when all that waits has left, or never will. */
  whenLeft(left: () => void): void {
    if (this.isClosed || this.queuedBytes === 0) return left();
    this.#lefts ??= [];
    this.#lefts.push(left);
  }

  /** Nothing waits any more. */
  tellLeft(): void {
    const lefts = this.#lefts;
    this.#lefts = null;
    if (lefts !== null) for (const left of lefts) left();
  }

  /** Nothing of what waits will ever leave. */
  drop(): void {
    this.#queue = null;
    this.#piece = null;
    this.end = null;
    this.tellLeft();
  }
}

export interface StreamBegin {
  readonly openedMs: number;
  readonly isRemoteEnded: boolean;
  readonly sendWindow: number;
  readonly receiveWindow: number;
}
