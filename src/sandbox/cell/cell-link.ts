// A worker's end of the way to one cell: two sockets, one for each direction, because a write that
// finds the cell dead would otherwise take along what the cell wrote before it died. Hands on each
// message; what no honest cell would write is reported, and the cell ended for it.

import type { Socket } from "node:net";
import { type PipeMessage, PipeReader } from "./pipe.ts";

export interface LinkOwner {
  /** Throws PipeFault for a message that makes no sense there. */
  receive(message: PipeMessage): void;
  /** The cell has written what no honest cell would. */
  fault(error: Error): void;
}

export interface LinkSockets {
  readonly toCell: Socket;
  readonly fromCell: Socket;
}

export class CellLink {
  /** Resolves when the cell is gone, and all that it wrote has been read. */
  readonly ended: Promise<void>;
  readonly #sockets: LinkSockets;
  #isFaulty = false;

  constructor(sockets: LinkSockets, owner: LinkOwner) {
    this.#sockets = sockets;
    const { toCell, fromCell } = sockets;
    const reader = new PipeReader();
    const receive = (message: PipeMessage): void => owner.receive(message);
    fromCell.on("data", (chunk: Buffer) => {
      if (this.#isFaulty) return;
      try {
        reader.read(chunk, receive);
      } catch (thrown) {
        this.#isFaulty = true;
        owner.fault(thrown instanceof Error ? thrown : new Error("unknown"));
      }
    });
    // a cell that is gone is found out by the end of what it wrote
    for (const socket of [toCell, fromCell]) socket.on("error", () => {});
    this.ended = new Promise((resolve) => fromCell.once("close", () => resolve()));
  }

  send(message: Buffer): void {
    if (this.#sockets.toCell.writable) this.#sockets.toCell.write(message);
  }

  close(): void {
    this.#sockets.toCell.destroy();
    this.#sockets.fromCell.destroy();
  }
}
