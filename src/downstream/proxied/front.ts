// Connections of balancers that say with a PROXY header whose they are, until the header is whole.
// It comes before all else, TLS too; where it is wrong the connection is closed.

import type { Socket } from "node:net";
import { SluiceError } from "../../base/errors.ts";
import { makeRequestId } from "../../base/ids.ts";
import { LIMITS } from "../../base/limits.ts";
import { refusedHead } from "../../http1/refused-head.ts";
import type { ProxyHeader } from "../../proxy-protocol/header.ts";
import { readProxyHeader } from "../../proxy-protocol/read-header.ts";
import { plainAddress } from "../client-chain.ts";
import type { Refusal } from "../serve-context.ts";

/** What came before the client's own bytes. */
export interface Arrival {
  readonly header: ProxyHeader;
  /** The first of the client's bytes, which came with the header; empty: none did. */
  readonly early: Buffer;
}

export interface ProxiedOwner {
  /** The socket has been read from, and must not be as a stream again. */
  arrived(socket: Socket, arrival: Arrival, listener: number): void;
  refused(refusal: Refusal): void;
  /** One is gone that was on its way. */
  left(): void;
}

const NO_BYTES = Buffer.alloc(0);

export class ProxiedFront {
  /** Headers since the start, by what they said; and those that were none. */
  readonly counts = { v1: 0, v2: 0, local: 0, failed: 0 };
  readonly #owner: ProxiedOwner;
  readonly #waiting = new Set<AwaitedHeader>();

  constructor(owner: ProxiedOwner) {
    this.#owner = owner;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** @param socket  was accepted and has not been read from */
  accept(socket: Socket, listener: number): void {
    const address = plainAddress(socket.remoteAddress ?? "");
    const awaited = new AwaitedHeader(socket, (arrival, problem) => {
      this.#waiting.delete(awaited);
      if (arrival !== null) {
        this.#count(arrival.header);
        this.#owner.arrived(socket, arrival, listener);
      } else if (problem !== "") {
        this.counts.failed++;
        this.#owner.refused(refusalOf(address, problem));
      }
      this.#owner.left();
    });
    this.#waiting.add(awaited);
  }

  end(): void {
    for (const awaited of [...this.#waiting]) awaited.abort();
  }

  #count({ version, ends }: ProxyHeader): void {
    if (ends === null) this.counts.local++;
    else if (version === 1) this.counts.v1++;
    else this.counts.v2++;
  }
}

/** @param arrival  null: the socket is closed; without a problem nobody need know */
type Done = (arrival: Arrival | null, problem: string) => void;

class AwaitedHeader {
  readonly #socket: Socket;
  readonly #done: Done;
  readonly #timer: NodeJS.Timeout;
  #bytes: Buffer = NO_BYTES;

  constructor(socket: Socket, done: Done) {
    this.#socket = socket;
    this.#done = done;
    const late = (): void => this.#fail("it took too long");
    this.#timer = setTimeout(late, LIMITS.proxyHeaderMs);
    socket.on("data", this.#onData).on("error", this.#onEnd);
    socket.on("end", this.#onEnd).on("close", this.#onEnd);
    socket.resume();
  }

  abort(): void {
    this.#fail("");
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#bytes = this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk]);
    const reading = readProxyHeader(this.#bytes);
    if (reading === "incomplete") return;
    if ("problem" in reading) return this.#fail(reading.problem);
    this.#leave();
    this.#socket.pause();
    this.#done({ header: reading, early: this.#bytes.subarray(reading.bytes) }, "");
  };

  /** Who sends nothing at all only looks whether somebody listens. */
  readonly #onEnd = (): void =>
    this.#fail(this.#bytes.length === 0 ? "" : "the connection ended within its PROXY header");

  #fail(problem: string): void {
    this.#leave();
    this.#socket.on("error", () => undefined).destroy();
    this.#done(null, problem);
  }

  #leave(): void {
    clearTimeout(this.#timer);
    const socket = this.#socket;
    socket.off("data", this.#onData).off("error", this.#onEnd);
    socket.off("end", this.#onEnd).off("close", this.#onEnd);
  }
}

function refusalOf(client: string, problem: string): Refusal {
  const { code, message } = new SluiceError("proxy_header", `Cannot accept: ${problem}`);
  const nothing = { status: 0, bytesReceived: 0, bytesSent: 0 };
  const head = refusedHead(null);
  return { id: makeRequestId(), client, head, version: "1.1", code, message, ...nothing };
}
