// An origin that sends what a test tells it to, when it does, and knows how far that came.

import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { type HttpOrigin, httpOrigin } from "./http-origin.ts";

/** One request that has come, and its response. */
export class ToldRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Bytes of the request's body that came. */
  received = "";
  hasEnded = false;
  isClosed = false;
  /** Bytes of the response that its client has taken, or that wait for it. */
  sent = 0;

  constructor(request: IncomingMessage, response: ServerResponse) {
    this.request = request;
    this.response = response;
    request.setEncoding("latin1").on("data", (text: string) => {
      this.received += text;
    });
    request.once("end", () => {
      this.hasEnded = true;
    });
    request.on("error", () => undefined);
    response.setMaxListeners(0);
    response.once("close", () => {
      this.isClosed = true;
    });
  }

  /** As much as is taken, up to that. */
  async flood(bytes: number): Promise<void> {
    const piece = Buffer.alloc(65_536, "x");
    for (; this.sent < bytes && !this.isClosed; this.sent += piece.length) {
      if (this.response.write(piece)) continue;
      await Promise.race([once(this.response, "drain"), once(this.response, "close")]);
    }
    if (!this.isClosed) this.response.end();
  }

  /** Resolves once what was sent has not grown for a while. */
  async comesToRest(): Promise<number> {
    for (let before = -1; before !== this.sent || before <= 0; ) {
      before = this.sent;
      await pause(200);
    }
    return this.sent;
  }
}

export class ToldOrigin implements AsyncDisposable {
  readonly requests = new Map<string, ToldRequest>();
  readonly #origin: HttpOrigin;

  private constructor(origin: HttpOrigin, requests: Map<string, ToldRequest>) {
    this.#origin = origin;
    this.requests = requests;
  }

  static async start(told: (one: ToldRequest) => void = () => undefined): Promise<ToldOrigin> {
    const requests = new Map<string, ToldRequest>();
    const origin = await httpOrigin((request, response) => {
      const one = new ToldRequest(request, response);
      requests.set(request.url ?? "", one);
      told(one);
    });
    return new ToldOrigin(origin, requests);
  }

  get address(): string {
    return this.#origin.address;
  }

  /** The last request of that path, once it has come. */
  async asked(path: string): Promise<ToldRequest> {
    for (;;) {
      const one = this.requests.get(path);
      if (one !== undefined) return one;
      await pause(5);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#origin[Symbol.asyncDispose]();
  }
}

/** Resolves once it holds. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await pause(5);
}
