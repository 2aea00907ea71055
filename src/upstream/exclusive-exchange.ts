// The exchange of a connection that lends one exchange at a time. It stands between the borrower
// and the connection: once it is over, nothing that the borrower does can touch the next exchange
// of the connection.

import type { Socket } from "node:net";
import type { ConnectionFacts, LentExchange, ResponseSink, UpstreamRequest } from "./transport.ts";

/** The connection, as its one exchange sees it. */
export interface ExclusiveLender extends Omit<LentExchange, "served"> {
  /** Under way; null: none. */
  readonly lent: LentExchange | null;
}

export class ExclusiveExchange implements LentExchange {
  readonly served: number;
  readonly #lender: ExclusiveLender;

  constructor(lender: ExclusiveLender, served: number) {
    this.#lender = lender;
    this.served = served;
  }

  get facts(): ConnectionFacts {
    return this.#lender.facts;
  }

  send(request: UpstreamRequest, sink: ResponseSink): boolean {
    return this.#lender.lent === this && this.#lender.send(request, sink);
  }

  write(chunk: Buffer): boolean {
    return this.#lender.lent !== this || this.#lender.write(chunk);
  }

  end(trailers: string): void {
    if (this.#lender.lent === this) this.#lender.end(trailers);
  }

  pause(): void {
    if (this.#lender.lent === this) this.#lender.pause();
  }

  resume(): void {
    if (this.#lender.lent === this) this.#lender.resume();
  }

  detach(): { socket: Socket; head: Buffer } {
    if (this.#lender.lent !== this) throw new Error("a detach of an exchange that is over");
    return this.#lender.detach();
  }

  release(): void {
    if (this.#lender.lent === this) this.#lender.release();
  }

  destroy(): void {
    if (this.#lender.lent === this) this.#lender.destroy();
  }
}
