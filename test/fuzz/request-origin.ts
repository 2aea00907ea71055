// The origin behind the fuzzer's requests: it looks whether what comes is one request's alone, and
// misbehaves as the request's plan says.

import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Violations } from "./violations.ts";

/** Read from the target: `/t/TOKEN?o=slowly&n=100`. */
interface Asked {
  readonly token: string;
  readonly deed: string;
  readonly times: number;
}

export class FuzzOrigin implements AsyncDisposable {
  readonly #server: Server;
  readonly #violations: Violations;

  private constructor(violations: Violations) {
    this.#violations = violations;
    this.#server = createServer((request, response) => void this.#answer(request, response));
    this.#server.keepAliveTimeout = 400; // connections go stale under requests
  }

  static async start(violations: Violations): Promise<FuzzOrigin> {
    const origin = new FuzzOrigin(violations);
    origin.#server.listen(0, "127.0.0.1");
    await once(origin.#server, "listening");
    return origin;
  }

  get address(): string {
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new TypeError("it has a port");
    return `127.0.0.1:${address.port}`;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { token, deed, times } = askedOf(request.url ?? "");
    const named = request.headers["x-up-token"];
    if (named !== token) this.#violations.add(token, `the origin got the token ${named}`);
    if (deed === "reset") return void request.socket.destroy();
    response.setHeader("x-origin-token", token);
    if (deed === "inform") response.writeEarlyHints({ link: "</style.css>; rel=preload" });
    if (deed === "early") return void response.end(token.repeat(times));
    if (!(await this.#reads(request, token))) return;
    if (deed === "close") response.setHeader("connection", "close");
    if (deed === "answer") response.setHeader("content-length", token.length * times);
    if (deed === "slowly" || deed === "break") {
      for (let part = 0; part < 3; part++) {
        response.write(token.repeat(Math.floor(times / 3)));
        await new Promise((done) => setTimeout(done, 8));
      }
      if (deed === "break") return void request.socket.destroy();
      return void response.end(token.repeat(times - 3 * Math.floor(times / 3)));
    }
    response.end(token.repeat(times));
  }

  /** False: it did not come whole. */
  async #reads(request: IncomingMessage, token: string): Promise<boolean> {
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk);
    } catch {
      return false;
    }
    const body = Buffer.concat(chunks).toString("latin1");
    if (body.replaceAll(token, "") !== "") {
      this.#violations.add(token, `the origin got foreign bytes: ${strange(body, token)}`);
    }
    const stated = request.headers["x-sent"];
    if (stated !== undefined && Number(stated) * token.length !== body.length) {
      this.#violations.add(token, `the origin got ${body.length} bytes of ${stated} tokens`);
    }
    return true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }
}

/** What in a body is not the token, to be shown. */
export const strange = (body: string, token: string): string =>
  JSON.stringify(body.replaceAll(token, "").slice(0, 60));

function askedOf(target: string): Asked {
  const url = new URL(target, "http://origin.test");
  return {
    token: url.pathname.slice("/t/".length),
    deed: url.searchParams.get("o") ?? "",
    times: Number(url.searchParams.get("n")),
  };
}
