// Load for tests in which nothing may fail: connections that ask one request after the other,
// each of which must be answered with 200 and a whole body, or it counts as failed.

import { connect, type Socket } from "node:net";

export interface LoadOptions {
  readonly host?: string;
  /**
   * Between an answer and the next request of its connection. Without a pause it takes all that
   * there is of a processor; with one, a proxy that ends closes the connection in it.
   */
  readonly pauseMs?: number;
}

/** Hundreds of requests a second from a few connections. */
export const LOAD_PAUSE_MS = 5;

export class SteadyLoad {
  answered = 0;
  readonly failures: string[] = [];
  readonly #port: number;
  readonly host: string;
  readonly #pauseMs: number;
  readonly #loops: Promise<void>[];
  #isOver = false;

  constructor(port: number, connections: number, options: LoadOptions = {}) {
    const { host = "load.test", pauseMs = 0 } = options;
    this.#port = port;
    this.host = host;
    this.#pauseMs = pauseMs;
    this.#loops = Array.from({ length: connections }, () => this.#loop());
  }

  /** Resolves when so many more requests were answered. */
  async more(count: number): Promise<void> {
    const enough = this.answered + count;
    while (this.answered < enough && this.failures.length === 0) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#loops);
  }

  /** Told of each whole answer; throws if it is not as it should be. */
  protected note(_answer: string, _tookMs: number): void {}

  async #loop(): Promise<void> {
    while (!this.#isOver && this.failures.length === 0) {
      try {
        await this.#useConnection();
      } catch (thrown) {
        this.failures.push(thrown instanceof Error ? thrown.message : String(thrown));
      }
    }
  }

  /** Until the proxy announces its end. */
  #useConnection(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const socket: Socket = connect(this.#port, "127.0.0.1");
    let text = "";
    let sentMs = 0;
    const ask = (): void => {
      text = "";
      sentMs = performance.now();
      socket.write(`GET / HTTP/1.1\r\nHost: ${this.host}\r\n\r\n`);
    };
    const next = (): void => {
      if (this.#pauseMs === 0) ask();
      else setTimeout(ask, this.#pauseMs);
    };
    socket.setNoDelay(true);
    socket.on("connect", ask);
    socket.on("data", (chunk: Buffer) => {
      text += chunk.toString("latin1");
      const outcome = read(text);
      if (outcome === "partial") return;
      if (outcome === "bad") return reject(new Error(`a bad answer: ${text}`));
      try {
        this.note(text, performance.now() - sentMs);
      } catch (thrown) {
        return reject(thrown);
      }
      this.answered++;
      if (outcome === "whole" && !this.#isOver) return next();
      socket.destroy();
      resolve();
    });
    socket.on("error", (error) => reject(error));
    socket.on("close", () => reject(new Error("closed without an answer")));
    return promise;
  }
}

function read(text: string): "partial" | "bad" | "whole" | "last" {
  const end = text.indexOf("\r\n\r\n");
  if (end === -1) return "partial";
  const head = text.slice(0, end).toLowerCase();
  if (!head.startsWith("http/1.1 200")) return "bad";
  const length = Number(/\r\ncontent-length: (\d+)/.exec(head)?.[1] ?? "0");
  if (text.length < end + 4 + length) return "partial";
  return /\r\nconnection: close/.test(head) ? "last" : "whole";
}
