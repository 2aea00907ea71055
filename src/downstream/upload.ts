// The request's body on its way up: kept in small so that it can be sent again, held back while the
// upstream is slow, and bounded.

import { SluiceError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import type { UpstreamConnection } from "../upstream/transport.ts";
import type { ClientConnection } from "./connection.ts";

export interface UploadOptions {
  readonly bytesMax: number;
  readonly idleMs: number;
  /** The client waits for a 100 before it sends (RFC 9110 section 10.1.1). */
  readonly expectsContinue: boolean;
}

export class Upload {
  /** Bytes that came so far. */
  bytes = 0;
  readonly #client: ClientConnection;
  readonly #options: UploadOptions;
  #upstream: UpstreamConnection | null = null;
  #kept: Buffer[] = [];
  #hasStarted = false;
  #isWhole = false;
  #isReplayable = true;
  #trailers = "";

  constructor(client: ClientConnection, options: UploadOptions) {
    this.#client = client;
    this.#options = options;
  }

  /** Whether all that came is still here, so that another attempt can send it. */
  get canReplay(): boolean {
    return this.#isReplayable;
  }

  /** The body goes to this connection from now on: first what is kept, then what comes. */
  sendTo(upstream: UpstreamConnection): void {
    this.#upstream = upstream;
    for (const chunk of this.#kept) upstream.write(chunk);
    if (this.#isWhole) upstream.end(this.#trailers);
    else if (this.#hasStarted) this.#client.resumeBody();
    else this.#start();
  }

  /** The attempt is over. The body waits for the next. */
  detach(): void {
    this.#upstream = null;
    if (this.#hasStarted && !this.#isWhole) this.#client.pauseBody();
  }

  /** Nobody wants the rest: it is read no more. */
  stop(): void {
    this.detach();
    this.#kept = [];
    this.#isReplayable = false;
  }

  add(chunk: Buffer): void {
    this.bytes += chunk.length;
    if (this.bytes > this.#options.bytesMax) {
      const message = `a body of over ${this.#options.bytesMax} bytes`;
      throw new SluiceError("body_too_large", message);
    }
    this.#keep(chunk);
    if (this.#upstream?.write(chunk) === false) this.#client.pauseBody();
  }

  end(trailers: string): void {
    this.#isWhole = true;
    this.#trailers = trailers;
    this.#upstream?.end(trailers);
  }

  resume(): void {
    if (!this.#isWhole) this.#client.resumeBody();
  }

  #start(): void {
    this.#hasStarted = true;
    if (this.#options.expectsContinue) this.#client.write("HTTP/1.1 100 Continue\r\n\r\n");
    this.#client.startBody(this.#options.idleMs);
  }

  #keep(chunk: Buffer): void {
    if (!this.#isReplayable) return;
    if (this.bytes > LIMITS.replayBytes) {
      this.#isReplayable = false;
      this.#kept = [];
    } else this.#kept.push(chunk);
  }
}
