// Where upstream tests run: a transport with a clock that the test moves, the peers it borrows
// from, and the check that nothing was left open.

import assert from "node:assert/strict";
import { Deadlines } from "../../src/base/clock.ts";
import type { TlsCredentials } from "../../src/base/config/types.ts";
import { UPSTREAM_LIMITS, type UpstreamLimits } from "../../src/upstream/limits.ts";
import type { Logins } from "../../src/upstream/logins.ts";
import type { Lookup } from "../../src/upstream/name-table.ts";
import { type PeerOptions, toPeer } from "../../src/upstream/peer.ts";
import { DEFAULT_CREDENTIALS } from "../../src/upstream/peer-tls.ts";
import type { LentExchange, Peer, UpstreamRequest } from "../../src/upstream/transport.ts";
import { createTransport, type PeerTransport } from "../../src/upstream/transports.ts";
import { type Certificate, makeCertificate } from "../support/certificates.ts";
import { Origin, type OriginConnection } from "./origin.ts";
import { borrow, Recorder, request } from "./recorder.ts";

/** A life-cycle behaviour that both transports have; `title` is a true sentence. */
export interface Behaviour {
  readonly title: string;
  readonly run: (stand: Stand) => Promise<void>;
  /** For what the other transport cannot do; the title says why. */
  readonly only?: Peer["transport"];
}

/** What a stand speaks: which transport, in the clear or over TLS with this certificate. */
export interface StandOptions {
  readonly kind: Peer["transport"];
  readonly certificate?: Certificate | null;
  readonly limits?: Partial<UpstreamLimits>;
  readonly lookup?: Lookup;
  readonly scriptLookup?: Lookup;
}

/** Of the loopback address, where all origins are. */
export const CERTIFICATE = await makeCertificate("IP:127.0.0.1", "DNS:origin.test");

/** The step of `Deadlines`: it does not move further in one sweep. */
const STEP_MS = 250;

export class Stand implements Disposable {
  readonly kind: Peer["transport"];
  readonly transport: PeerTransport;
  readonly deadlines: Deadlines;
  readonly #certificate: Certificate | null;
  readonly #credentials: TlsCredentials;
  #clockMs = 1_000;

  constructor({ kind, certificate = null, limits = {}, lookup, scriptLookup }: StandOptions) {
    this.kind = kind;
    this.#certificate = certificate;
    this.#credentials = { ...DEFAULT_CREDENTIALS, ca: certificate?.cert ?? null };
    this.deadlines = new Deadlines(() => this.#clockMs);
    this.transport = createTransport({
      deadlines: this.deadlines,
      limits: { ...UPSTREAM_LIMITS, ...limits },
      ...(lookup === undefined ? {} : { lookup }),
      ...(scriptLookup === undefined ? {} : { scriptLookup }),
    });
  }

  /** Time passes, for deadlines only. */
  elapse(ms: number): void {
    for (let left = ms; left > 0; left -= STEP_MS) {
      this.#clockMs += Math.min(left, STEP_MS);
      this.deadlines.sweep();
    }
  }

  get isSecure(): boolean {
    return this.#certificate !== null;
  }

  /** An origin that speaks what this stand does. */
  listen(script: (connection: OriginConnection) => unknown): Promise<Origin> {
    return Origin.listen(script, this.#certificate);
  }

  peer(origin: Pick<Origin, "address">, options: PeerOptions = {}): Peer {
    const tls = this.isSecure ? { sni: null, credentials: this.#credentials } : undefined;
    const peer = toPeer(origin.address, { transport: this.kind, tls, ...options });
    assert.ok(peer !== null);
    return peer;
  }

  borrow(peer: Peer, logins: Logins | null = null): Promise<LentExchange> {
    return borrow(this.transport, peer, logins);
  }

  /** Borrows, and sends a request. */
  async start(
    peer: Peer,
    changes: Partial<UpstreamRequest> = {},
    logins: Logins | null = null,
  ): Promise<Started> {
    const connection = await this.borrow(peer, logins);
    const recorder = new Recorder();
    connection.send(request(changes), recorder);
    return { connection, recorder };
  }

  /** One exchange from its borrow to its end. */
  async exchange(
    peer: Peer,
    changes: Partial<UpstreamRequest> = {},
    logins: Logins | null = null,
  ): Promise<Started> {
    const started = await this.start(peer, changes, logins);
    await started.recorder.over();
    return started;
  }

  [Symbol.dispose](): void {
    this.transport.destroyAll();
    this.deadlines[Symbol.dispose]();
    assert.equal(this.transport.counts.open, 0, "a connection was left open");
    assert.equal(this.transport.counts.idle, 0, "an idle connection was left");
  }
}

export interface Started {
  readonly connection: LentExchange;
  readonly recorder: Recorder;
}

/** A script that answers every request with the next of these texts. */
export const answering =
  (...answers: string[]) =>
  async (connection: OriginConnection): Promise<void> => {
    for (const answer of answers) {
      await connection.head();
      connection.write(answer);
    }
  };

export const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/** Lets everything happen that can: events that wait, and what they set off. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
}
