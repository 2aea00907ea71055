// Sluice's parser of request heads on plain sockets, in front of undici's `dispatch`: what our own
// downstream side alone is worth. Requests without bodies, one at a time on a connection, and only
// peers that are trusted: a yardstick, not a proxy to use. Arguments: port, origin's port.

import { createServer, type Socket } from "node:net";
import { type Dispatcher, Pool } from "undici";
import { findHeadEnd } from "../../src/http1/head-end.ts";
import { CODEC_LIMITS } from "../../src/http1/limits.ts";
import type { RequestHead } from "../../src/http1/messages.ts";
import { parseRequestHead } from "../../src/http1/request.ts";

const HOP_BY_HOP = new Set(["connection", "keep-alive", "transfer-encoding", "upgrade", "te"]);

const [, , port, origin] = process.argv;
const pool = new Pool(`http://127.0.0.1:${origin}`, {
  connections: 512,
  pipelining: 1,
  keepAliveTimeout: 3_600_000,
});

class Connection implements Dispatcher.DispatchHandler {
  readonly #socket: Socket;
  #unread: Buffer = Buffer.alloc(0);
  /** The head of the answer, until the first bytes of its body leave with it. */
  #head = "";
  #isChunked = false;
  #isBusy = false;
  #keepAlive = true;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on("error", () => socket.destroy());
    socket.on("data", (bytes: Buffer) => {
      this.#unread = this.#unread.length === 0 ? bytes : Buffer.concat([this.#unread, bytes]);
      if (!this.#isBusy) this.#next();
    });
  }

  #next(): void {
    const end = findHeadEnd(this.#unread, 0);
    if (end === -1) return;
    const text = this.#unread.toString("latin1", 0, end);
    this.#unread = this.#unread.subarray(end);
    try {
      this.#ask(parseRequestHead(text, CODEC_LIMITS));
    } catch {
      this.#socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
    }
  }

  #ask(head: RequestHead): void {
    if (head.contentLength !== 0) throw new Error("Cannot take a body: expected none.");
    this.#isBusy = true;
    this.#keepAlive = head.keepAlive;
    const headers = toList(head.headers);
    pool.dispatch({ method: head.method, path: head.target, headers, body: null }, this);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.#socket.destroyed) controller.abort(new Error("The client has gone."));
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[]>,
    reason = "",
  ): void {
    const { rawHeaders } = controller;
    const lines = Array.isArray(rawHeaders) ? rawHeaders : [];
    this.#isChunked = headers["content-length"] === undefined;
    let text = `HTTP/1.1 ${status} ${reason}\r\n`;
    for (let at = 0; at + 1 < lines.length; at += 2) {
      const name = String(lines[at]);
      if (!HOP_BY_HOP.has(name.toLowerCase())) text += `${name}: ${lines[at + 1]}\r\n`;
    }
    if (this.#isChunked) text += "Transfer-Encoding: chunked\r\n";
    this.#head = `${text}\r\n`;
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    let text = this.#takeHead() + (this.#isChunked ? `${chunk.length.toString(16)}\r\n` : "");
    text += chunk.toString("latin1");
    if (this.#isChunked) text += "\r\n";
    if (this.#socket.write(text, "latin1")) return;
    controller.pause();
    this.#socket.once("drain", () => controller.resume());
  }

  onResponseEnd(): void {
    const rest = this.#takeHead() + (this.#isChunked ? "0\r\n\r\n" : "");
    if (rest !== "") this.#socket.write(rest, "latin1");
    this.#isBusy = false;
    if (this.#keepAlive) this.#next();
    else this.#socket.end();
  }

  onResponseError(): void {
    this.#socket.destroy();
  }

  #takeHead(): string {
    const head = this.#head;
    this.#head = "";
    return head;
  }
}

/** Names and values take turns, as undici wants them. */
function toList(block: string): string[] {
  const list: string[] = [];
  for (let at = 0; at < block.length; ) {
    const colon = block.indexOf(":", at);
    const end = block.indexOf("\r\n", colon);
    list.push(block.slice(at, colon), block.slice(colon + 1, end).trim());
    at = end + 2;
  }
  return list;
}

process.once("SIGTERM", () => process.exit());
createServer((socket) => new Connection(socket)).listen({
  host: "127.0.0.1",
  port: Number(port),
  backlog: 4096,
});
