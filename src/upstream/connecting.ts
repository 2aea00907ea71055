// One new connection in the making: its socket, and what is spoken on it, as its peer says.

import type { Socket } from "node:net";
import { monotonicMs } from "../base/clock.ts";
import type { SluiceError } from "../base/errors.ts";
import { ReadTap } from "../base/read-tap.ts";
import type { ConnectSteps } from "../observe/timings.ts";
import { Dial, type DialResult } from "./dial.ts";
import { Http1Connection } from "./http1-connection.ts";
import { Http2PeerConnection } from "./http2/connection.ts";
import type { PooledConnection } from "./pool.ts";
import type { Surroundings } from "./surroundings.ts";
import { tlsDigestOf } from "./tls-digest.ts";
import type { Borrowing, ConnectionFacts, Peer } from "./transport.ts";
import { UndiciConnection } from "./undici-connection.ts";

export type ConnectingDone = (
  error: SluiceError | null,
  connection: PooledConnection | null,
) => void;

export class Connecting implements DialResult, Borrowing {
  readonly #peer: Peer;
  readonly #surroundings: Surroundings;
  readonly #done: ConnectingDone;
  /** Only our own transport reads through a tap. */
  readonly #tap: ReadTap | null;
  readonly #dial: Dial;
  /** The socket is there; what the peer says of itself is not. */
  #starting: Http2PeerConnection | null = null;

  constructor(peer: Peer, surroundings: Surroundings, done: ConnectingDone) {
    this.#peer = peer;
    this.#surroundings = surroundings;
    this.#done = done;
    this.#tap = peer.transport === "sluice" ? new ReadTap() : null;
    this.#dial = new Dial(peer, { ...surroundings, onread: this.#tap ?? undefined }, this);
  }

  cancel(): void {
    this.#dial.cancel();
    this.#starting?.destroy();
  }

  onConnected(socket: Socket, connectMs: number, steps: ConnectSteps): void {
    const facts: ConnectionFacts = {
      peer: this.#peer,
      protocol: this.#peer.protocol === "http2" ? "HTTP/2" : "HTTP/1.1",
      local: localOf(socket),
      tls: this.#peer.tls !== null,
      tlsDigest: tlsDigestOf(socket),
      connectMs,
      steps,
      establishedMs: monotonicMs(),
    };
    if (this.#tap === null) {
      this.#seat(socket);
      this.#done(null, new UndiciConnection(socket, facts, this.#surroundings));
    } else if (facts.protocol === "HTTP/2") this.#start(socket, facts, this.#tap);
    else {
      this.#seat(socket);
      const connection = new Http1Connection(socket, facts, this.#surroundings);
      this.#tap.receiver = connection;
      this.#done(null, connection);
    }
  }

  onFailed(error: SluiceError): void {
    this.#done(error, null);
  }

  #start(socket: Socket, facts: ConnectionFacts, tap: ReadTap): void {
    const start = {
      onReady: (connection: Http2PeerConnection) => {
        this.#starting = null;
        this.#seat(socket);
        this.#done(null, connection);
      },
      onFailed: (error: SluiceError) => {
        this.#starting = null;
        this.#done(error, null);
      },
    };
    const surroundings = this.#surroundings;
    this.#starting = new Http2PeerConnection(socket, facts, { surroundings, start });
    tap.receiver = this.#starting.wire;
  }

  /** Also one that leaves the pool for a tunnel gives its place back. */
  #seat(socket: Socket): void {
    const { seats } = this.#peer;
    if (seats !== null) socket.once("close", () => seats.giveBackConnection());
  }
}

function localOf(socket: Socket): string {
  const { localAddress, localPort = 0, localFamily } = socket;
  if (localAddress === undefined) return "unix:";
  return localFamily === "IPv6" ? `[${localAddress}]:${localPort}` : `${localAddress}:${localPort}`;
}
