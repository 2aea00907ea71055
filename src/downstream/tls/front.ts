// The TLS clients of a worker whose handshake is under way, and counts of how handshakes have
// ended.

import type { Socket } from "node:net";
import { Challenges } from "../acme/challenges.ts";
import type { AddressSeat } from "../address-counts.ts";
import { plainAddress } from "../client-chain.ts";
import type { Accepted } from "../client-socket.ts";
import type { Arrival } from "../proxied/front.ts";
import { AddressRate } from "./address-rate.ts";
import type { ChosenContext, TlsContexts } from "./contexts.ts";
import { Handshake, type HandshakeOwner } from "./handshake.ts";
import { NOBODYS, type TlsOwner } from "./owner.ts";
import type { Secure } from "./secure.ts";

export interface TlsOptions {
  /** Of the listener with that place in the configuration; null: HTTP in the clear. */
  readonly contextsOf: (listener: number) => TlsContexts | null;
  /** Who has the host; null: nobody. */
  readonly ownerOf: (host: string) => TlsOwner | null;
  /** Of orders of certificates, which are not HTTP. */
  readonly challenges: Challenges;
  readonly handshakeMs: number;
  /** Of one address; 0: any. */
  readonly handshakesPerSecond: number;
  /** It may begin any number. */
  readonly isTrusted: (address: string) => boolean;
}

export interface AcceptOptions {
  readonly tls: TlsOptions;
  /** HTTP/2 is offered. */
  readonly isHttp2: boolean;
  /** Null: nothing was read from the socket. */
  readonly arrival: Arrival | null;
  /** Null: the connections of its address are not counted. */
  readonly seat: AddressSeat | null;
}

/** HTTP in the clear, on every listener. */
export const NO_TLS: TlsOptions = {
  contextsOf: () => null,
  ownerOf: () => null,
  challenges: new Challenges(),
  handshakeMs: 0,
  handshakesPerSecond: 0,
  isTrusted: () => false,
};

interface SecuredClient extends Accepted {
  readonly secure: Secure;
}

const NO_BYTES = Buffer.alloc(0);

export interface FrontOwner {
  connected(accepted: Accepted): void;
  /** One was closed unanswered. */
  dropped(reason: "handshakes", address: string): void;
  /** One is gone that was on its way. */
  left(): void;
}

export class TlsFront {
  /** Handshakes since the start: whole, those that went on with a session, those that failed. */
  full = 0;
  resumed = 0;
  failed = 0;
  /** Clients of addresses that begin too many, closed at once. */
  limited = 0;
  readonly #rate = new AddressRate();
  readonly #owner: FrontOwner;
  readonly #handshakes = new Set<Handshake>();

  constructor(owner: FrontOwner) {
    this.#owner = owner;
  }

  get size(): number {
    return this.#handshakes.size;
  }

  accept(socket: Socket, contexts: TlsContexts, options: AcceptOptions): void {
    const { tls, isHttp2, arrival, seat } = options;
    const address = arrival?.header.ends?.source.address ?? socket.remoteAddress ?? "";
    if (!this.#mayBegin(plainAddress(address), tls)) {
      this.limited++;
      seat?.giveBack();
      socket.destroy();
      this.#owner.dropped("handshakes", address);
      return;
    }
    const { ownerOf, handshakeMs, challenges } = tls;
    const owner: HandshakeOwner = {
      choose: (serverName): ChosenContext | null => {
        const owner = serverName === null ? null : ownerOf(serverName);
        return contexts.choose(serverName, owner ?? NOBODYS, Date.now());
      },
      challengeFor: (serverName) => challenges.contextFor(serverName),
      answered: (handshake) => {
        seat?.giveBack();
        this.#leave(handshake);
      },
      secured: (handshake, secured, secure) => {
        this.#secured(handshake, { socket: secured, secure, arrival, seat });
      },
      failed: (handshake) => {
        this.failed++;
        seat?.giveBack();
        this.#leave(handshake);
      },
    };
    const handshake = new Handshake(socket, owner, { handshakeMs, isHttp2 });
    this.#handshakes.add(handshake);
    handshake.begin(arrival?.early ?? NO_BYTES);
  }

  #mayBegin(address: string, { handshakesPerSecond, isTrusted }: TlsOptions): boolean {
    return this.#rate.admits(address, handshakesPerSecond, performance.now()) || isTrusted(address);
  }

  end(): void {
    for (const handshake of [...this.#handshakes]) handshake.abort();
  }

  #leave(handshake: Handshake): void {
    this.#handshakes.delete(handshake);
    this.#owner.left();
  }

  #secured(handshake: Handshake, accepted: SecuredClient): void {
    if (accepted.secure.isResumed) this.resumed++;
    else this.full++;
    this.#handshakes.delete(handshake);
    this.#owner.connected(accepted);
    this.#owner.left();
  }
}
