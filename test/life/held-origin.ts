// An origin that holds answers back until a test wants them, and counts what it has at once.

import type { RequestListener, ServerResponse } from "node:http";
import { setImmediate } from "node:timers/promises";
import { type HttpOrigin, httpOrigin } from "./http-origin.ts";

/** Answers after a moment; what asks for /held, when it is told to. Counts what it has at once. */
export class HeldOrigin implements AsyncDisposable {
  atOnce = 0;
  most = 0;
  readonly held = new Set<ServerResponse>();
  #server: HttpOrigin | null = null;

  async start(): Promise<this> {
    this.#server = await httpOrigin(this.#answer);
    return this;
  }

  get address(): string {
    return this.#server?.address ?? "";
  }

  readonly #answer: RequestListener = ({ url }, response) => {
    this.most = Math.max(this.most, ++this.atOnce);
    response.once("close", () => {
      this.atOnce--;
      this.held.delete(response);
    });
    if (url === "/held") this.held.add(response);
    // long enough that others come meanwhile
    else setTimeout(() => response.end("answered"), 3);
  };

  async holds(count: number): Promise<void> {
    while (this.held.size < count) await setImmediate();
  }

  release(): void {
    for (const response of this.held) response.end("held");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server?.[Symbol.asyncDispose]();
  }
}
