// A client's connection in the clear, where HTTP/2 is spoken without being asked for ("prior
// knowledge", RFC 9113 section 3.3), until its first bytes tell which of the two it speaks.

import type { DeadlineItem } from "../base/clock.ts";
import { deadlineAfter } from "../base/clock.ts";
import { isPreface } from "../http2/preface.ts";
import type { ClientSocket, SocketListener } from "./client-socket.ts";
import type { ConnectionOptions, ServedConnection } from "./connection-owner.ts";

export interface FirstBytesOwner {
  /** What it speaks is known; the connection that is made for it hears these bytes first. */
  told(first: FirstBytes, bytes: Buffer, isHttp2: boolean): void;
  closed(connection: FirstBytes): void;
}

export class FirstBytes implements SocketListener, DeadlineItem, ServedConnection {
  deadlineMs = 0;
  deadlinePlace = -1;
  readonly sender: ClientSocket;
  readonly #owner: FirstBytesOwner;
  readonly options: ConnectionOptions;
  #bytes: Buffer | null = null;
  #isOver = false;

  constructor(sender: ClientSocket, owner: FirstBytesOwner, options: ConnectionOptions) {
    this.sender = sender;
    this.#owner = owner;
    this.options = options;
    sender.listener = this;
    this.deadlineMs = deadlineAfter(options.deadlines, options.headMs);
    options.deadlines.add(this);
  }

  /** Nothing was asked yet: it is as good as gone once nothing more is served. */
  drain(hasGrace: boolean): void {
    if (!hasGrace) this.abort();
  }

  turnAway(): void {
    this.abort();
  }

  abort(): void {
    if (!this.#leave()) return;
    this.#owner.closed(this);
    this.sender.socket.destroy();
  }

  onDeadline(): void {
    this.abort();
  }

  onData(bytes: Buffer): void {
    const all = this.#bytes === null ? bytes : Buffer.concat([this.#bytes, bytes]);
    const isHttp2 = isPreface(all);
    if (isHttp2 === "maybe") this.#bytes = Buffer.from(all);
    else if (this.#leave()) this.#owner.told(this, all, isHttp2);
  }

  onDrain(): void {}

  onEnd(): void {
    this.abort();
  }

  onError(): void {
    this.abort();
  }

  onClose(): void {
    this.abort();
  }

  /** False: it has left already. */
  #leave(): boolean {
    if (this.#isOver) return false;
    this.#isOver = true;
    this.options.deadlines.remove(this);
    return true;
  }
}
