// A TLS client from its first byte to a connection that speaks HTTP, or to its end. The hello is
// read here and then handed to OpenSSL with the context of the tenant that it asks for: by itself
// `node:tls` would let a session of one host be resumed under another host's name.

import type { Socket } from "node:net";
import { type SecureContext, TLSSocket } from "node:tls";
import { LIMITS } from "../../base/limits.ts";
import { ACME_PROTOCOL } from "../acme/challenges.ts";
import type { ChosenContext } from "./contexts.ts";
import { type ClientHello, readHello } from "./hello.ts";
import {
  factsOf,
  NO_PEER_CERTIFICATE,
  type PeerCertificate,
  peerCertificateOf,
  type Secure,
} from "./secure.ts";

export interface HandshakeOptions {
  readonly handshakeMs: number;
  /** HTTP/2 is offered, before HTTP/1.1. */
  readonly isHttp2: boolean;
}

export interface HandshakeOwner {
  /** Whose context a client that asks for this name gets; null: there is none for it. */
  choose(serverName: string | null): ChosenContext | null;
  /** For an authority that proves whose name it is; null: nobody has asked it to. */
  challengeFor(serverName: string | null): SecureContext | null;
  /** An authority has seen what it came for. Nothing is left of it. */
  answered(handshake: Handshake): void;
  /** The socket has not been read from. */
  secured(handshake: Handshake, socket: TLSSocket, secure: Secure): void;
  /** Nothing is left of it. */
  failed(handshake: Handshake, reason: string): void;
}

interface Done {
  readonly serverName: string | null;
  readonly chosen: ChosenContext;
  readonly peer: PeerCertificate;
}

const NO_BYTES = Buffer.alloc(0);

export class Handshake {
  readonly #below: Socket;
  readonly #owner: HandshakeOwner;
  readonly #timer: NodeJS.Timeout;
  readonly #protocols: readonly string[];
  #hello: Buffer = NO_BYTES;
  #socket: TLSSocket | null = null;
  #isOver = false;

  /** @param below  was accepted; nobody else reads from it */
  constructor(below: Socket, owner: HandshakeOwner, { handshakeMs, isHttp2 }: HandshakeOptions) {
    this.#below = below;
    this.#owner = owner;
    this.#protocols = isHttp2 ? ["h2", "http/1.1"] : ["http/1.1"];
    this.#timer = setTimeout(() => this.#fail("it took too long"), handshakeMs);
    below.on("data", this.#onData).on("error", this.#onError);
    below.on("end", this.#onEnd).on("close", this.#onEnd);
  }

  /** @param early  what was read already */
  begin(early: Buffer): void {
    if (early.length > 0) this.#onData(early);
    if (!this.#isOver && this.#socket === null) this.#below.resume();
  }

  /** The client is not wanted any more. */
  abort(): void {
    this.#fail("the proxy ends");
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#hello = this.#hello.length === 0 ? chunk : Buffer.concat([this.#hello, chunk]);
    const reading = readHello(this.#hello, LIMITS.tlsHelloBytes);
    if (reading === "incomplete") return;
    if (reading === "foreign") this.#refuse();
    else this.#begin(reading);
  };

  readonly #onError = (error: Error): void => this.#fail(error.message);

  readonly #onEnd = (): void => this.#fail("the client left");

  /** Somebody who wrote http:// for https:// is told so; to others silence says the same. */
  #refuse(): void {
    if (/^[A-Z]/.test(this.#hello.toString("latin1", 0, 1))) this.#below.write(PLAIN_ANSWER);
    this.#fail("what came is not TLS");
  }

  #begin({ serverName, isChallenge }: ClientHello): void {
    const below = this.#below;
    below.off("data", this.#onData).off("error", this.#onError);
    below.off("end", this.#onEnd).off("close", this.#onEnd);
    below.pause();
    below.unshift(this.#hello);
    this.#hello = NO_BYTES;
    const challenge = isChallenge ? this.#owner.challengeFor(serverName) : null;
    if (challenge !== null) return this.#answer(challenge);
    const chosen = this.#owner.choose(serverName);
    if (chosen === null) return this.#fail("its certificate cannot be used");
    const { clients } = chosen;
    const socket = new TLSSocket(below, {
      isServer: true,
      secureContext: chosen.context,
      requestCert: clients !== null,
      rejectUnauthorized: clients?.isRequired ?? false,
      ALPNProtocols: [...this.#protocols],
    });
    this.#socket = socket;
    socket.on("error", this.#onError).on("close", this.#onEnd);
    socket.once("secure", () => {
      if (this.#isOver) return;
      const peer = clients === null ? NO_PEER_CERTIFICATE : peerCertificateOf(socket);
      if (clients?.isRequired && !peer.isVerified) this.#fail("its certificate is not verified");
      else this.#secured(socket, { serverName, chosen, peer });
    });
  }

  /** Its certificate says all there is to say (RFC 8737 section 3). */
  #answer(secureContext: SecureContext): void {
    const options = { isServer: true, secureContext, ALPNProtocols: [ACME_PROTOCOL] };
    const socket = new TLSSocket(this.#below, options);
    this.#socket = socket;
    socket.on("error", this.#onError).on("close", this.#onEnd);
    socket.once("secure", () => {
      if (this.#isOver) return;
      this.#leave();
      socket.off("error", this.#onError).on("error", () => undefined);
      socket.end();
      this.#below.destroySoon();
      this.#owner.answered(this);
    });
  }

  #secured(socket: TLSSocket, { serverName, chosen, peer }: Done): void {
    this.#leave();
    socket.off("error", this.#onError).off("close", this.#onEnd);
    socket.on("_tlsError", breakOff);
    this.#owner.secured(this, socket, {
      serverName,
      isResumed: socket.isSessionReused(),
      protocol: socket.alpnProtocol === "h2" ? "h2" : "http/1.1",
      policy: chosen.clients?.key ?? "",
      chosen,
      facts: factsOf(socket, serverName, peer),
      below: this.#below,
    });
  }

  #leave(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
  }

  #fail(reason: string): void {
    if (this.#isOver) return;
    this.#leave();
    this.#socket?.on("error", () => undefined).destroy();
    this.#below.off("data", this.#onData).on("error", () => undefined);
    this.#below.destroySoon();
    this.#owner.failed(this, reason);
  }
}

/**
 * A record that cannot be read is the end of what it came on. Of a socket that no server of node's
 * has accepted this is told in no other way.
 */
function breakOff(this: TLSSocket, error: Error): void {
  this.destroy(error);
}

const TEXT = "This port speaks TLS: ask for https:// in place of http://.\n";
const PLAIN_ANSWER =
  "HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain\r\nconnection: close\r\n" +
  `content-length: ${TEXT.length}\r\n\r\n${TEXT}`;
