// The TLS clients of a worker that are not connected yet, and how those that were have fared.

import type { Socket } from "node:net";
import type { Accepted } from "../client-socket.ts";
import type { ChosenContext, TlsContexts } from "./contexts.ts";
import { Handshake, type HandshakeOwner, type Secure } from "./handshake.ts";

export interface FrontOwner {
  /** Name of the tenant that has the host; empty: nobody. */
  tenantOf(host: string): string;
  connected(accepted: Accepted): void;
  /** One is gone that was on its way. */
  left(): void;
}

export class TlsFront {
  /** Handshakes since the start: whole, those that went on with a session, those that failed. */
  full = 0;
  resumed = 0;
  failed = 0;
  readonly #owner: FrontOwner;
  readonly #handshakes = new Set<Handshake>();

  constructor(owner: FrontOwner) {
    this.#owner = owner;
  }

  get size(): number {
    return this.#handshakes.size;
  }

  accept(socket: Socket, contexts: TlsContexts, handshakeMs: number): void {
    const owner: HandshakeOwner = {
      choose: (serverName): ChosenContext => {
        const tenant = serverName === null ? "" : this.#owner.tenantOf(serverName);
        return contexts.choose(serverName, tenant, Date.now());
      },
      secured: (handshake, secured, secure) => this.#secured(handshake, secured, secure),
      failed: (handshake) => {
        this.failed++;
        this.#handshakes.delete(handshake);
        this.#owner.left();
      },
    };
    this.#handshakes.add(new Handshake(socket, owner, handshakeMs));
  }

  end(): void {
    for (const handshake of [...this.#handshakes]) handshake.abort();
  }

  #secured(handshake: Handshake, socket: Socket, secure: Secure): void {
    if (secure.isResumed) this.resumed++;
    else this.full++;
    this.#handshakes.delete(handshake);
    this.#owner.connected({ socket, secure });
    this.#owner.left();
  }
}
