// The shortest honest proxy in Node: `node:http` in front of undici's `dispatch`, hop-by-hop fields
// dropped, bodies streamed with backpressure. Arguments: port, origin's port.

import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:http";
import type { Dispatcher } from "undici";
import { Pool } from "undici";

const HOP_BY_HOP = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

const [, , port, origin] = process.argv;
const pool = new Pool(`http://127.0.0.1:${origin}`, {
  connections: 512,
  pipelining: 1,
  keepAliveTimeout: 3_600_000,
});

createServer((request, response) => {
  pool.dispatch(toOptions(request), new Answer(response));
}).listen({ host: "127.0.0.1", port: Number(port), backlog: 4096 });

function toOptions(request: IncomingMessage): Dispatcher.DispatchOptions {
  const method = request.method ?? "GET";
  const hasBody = method !== "GET" && method !== "HEAD";
  const headers = endToEnd(request.rawHeaders);
  return { method, path: request.url ?? "/", headers, body: hasBody ? request : null };
}

class Answer implements Dispatcher.DispatchHandler {
  readonly #response: ServerResponse;

  constructor(response: ServerResponse) {
    this.#response = response;
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#response.on("close", () => {
      if (!this.#response.writableFinished) controller.abort(new Error("The client has gone."));
    });
    this.#response.on("drain", () => controller.resume());
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    _headers: Record<string, string | string[]>,
    reason?: string,
  ): void {
    const { rawHeaders } = controller;
    const lines = Array.isArray(rawHeaders) ? rawHeaders.map(String) : [];
    this.#response.writeHead(status, reason, endToEnd(lines));
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    // As text: node:http then sends the head and the first chunk in one write, not in a `writev`.
    if (!this.#response.write(chunk.toString("latin1"), "latin1")) controller.pause();
  }

  onResponseEnd(): void {
    this.#response.end();
  }

  onResponseError(_controller: Dispatcher.DispatchController, _error: Error): void {
    if (this.#response.headersSent) this.#response.destroy();
    else this.#response.writeHead(502).end();
  }
}

/** Names and values take turns, as they came. */
function endToEnd(lines: readonly string[]): string[] {
  const kept: string[] = [];
  for (let at = 0; at + 1 < lines.length; at += 2) {
    const [name = "", value = ""] = [lines[at], lines[at + 1]];
    if (!HOP_BY_HOP.has(name.toLowerCase())) kept.push(name, value);
  }
  return kept;
}

process.once("SIGTERM", () => process.exit());
