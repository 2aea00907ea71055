// A worker's end of the way to one cell: two sockets, one for each direction, because a write that
// finds the cell dead would otherwise take along what the cell wrote before it died. Hands on each
// message; what no honest cell would write is reported, and the cell ended for it.

import type { Socket } from "node:net";
import type { ReadTap } from "../../base/read-tap.ts";
import { PIPE_LIMITS } from "./limits.ts";
import { PIPE, PipeFault, type PipeMessage } from "./pipe.ts";
import { PipeReader } from "./pipe-reader.ts";
import { PipeWriter } from "./pipe-writer.ts";

export interface LinkOwner {
  /** False: nobody waits for it. Throws PipeFault for a message that makes no sense there. */
  receive(message: PipeMessage, from: CellLink): boolean;
  /** The cell has written what no honest cell would. */
  fault(error: Error): void;
}

export interface LinkSockets {
  readonly toCell: Socket;
  readonly fromCell: Socket;
  /** Through which `fromCell` is read. */
  readonly tap: ReadTap;
}

export class CellLink {
  /** Resolves when the cell is gone, and all that it wrote has been read. */
  readonly ended: Promise<void>;
  readonly #sockets: LinkSockets;
  readonly #writer: PipeWriter;
  readonly #owner: LinkOwner;
  readonly #reader = new PipeReader();
  #isFaulty = false;
  /** Bytes that nobody waited for, less those that somebody did. */
  #unaskedBytes = 0;
  /** Lane of a frame that is still to come to its end; 0: there is none. */
  #laneInParts = 0;

  constructor(sockets: LinkSockets, owner: LinkOwner) {
    this.#sockets = sockets;
    this.#owner = owner;
    const { toCell, fromCell, tap } = sockets;
    this.#writer = new PipeWriter(toCell);
    tap.receiver = { onBytes: (bytes) => this.#read(bytes) };
    // a cell that is gone is found out by the end of what it wrote
    for (const socket of [toCell, fromCell]) socket.on("error", () => {});
    this.ended = new Promise((resolve) => fromCell.once("close", () => resolve()));
  }

  /** Its `bytes` may come in parts. */
  send(message: PipeMessage, parts?: readonly Uint8Array[]): void {
    this.#writer.send(message, parts);
  }

  close(): void {
    this.#sockets.toCell.destroy();
    this.#sockets.fromCell.destroy();
  }

  readonly #receive = (message: PipeMessage): void => {
    this.#follow(message);
    this.#weigh(message, this.#owner.receive(message, this));
  };

  /** A cell writes all parts of a frame at once: those of one wait here at a time. */
  #follow({ kind, lane }: PipeMessage): void {
    if (this.#laneInParts !== 0 && lane !== this.#laneInParts) {
      throw new PipeFault("a frame in the middle of another lane's");
    }
    if (kind !== PIPE.STRAY) this.#laneInParts = kind === PIPE.PART ? lane : 0;
  }

  /** A cell that talks of what nobody asked costs its worker time, and is ended. */
  #weigh({ text, bytes, counters, limits }: PipeMessage, isAsked: boolean): void {
    if (isAsked && this.#unaskedBytes === 0) return;
    const { unaskedBytes, unaskedLeastBytes } = PIPE_LIMITS;
    const size = text.length + bytes.length + counters.length + limits.length;
    const length = Math.max(size, unaskedLeastBytes);
    this.#unaskedBytes = Math.max(0, this.#unaskedBytes + (isAsked ? -length : length));
    if (this.#unaskedBytes > unaskedBytes) throw new PipeFault("what nobody asked for");
  }

  #read(bytes: Buffer): boolean {
    if (this.#isFaulty) return true;
    try {
      this.#reader.read(bytes, this.#receive);
    } catch (thrown) {
      this.#isFaulty = true;
      this.#owner.fault(thrown instanceof Error ? thrown : new Error("unknown"));
    }
    return true;
  }
}
