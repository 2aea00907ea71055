// Constant load on a tenant whose script answers with `n=NUMBER`, a number that no two answers may
// share: every request must be answered so, or it counts as failed.

import { connect } from "node:net";

export class CountedLoad {
  answered = 0;
  readonly failures: string[] = [];
  /** Numbers so far; more than once: `repeated`. */
  readonly numbers = new Set<number>();
  readonly repeated: number[] = [];
  /** Longest time that one request took, in ms. */
  longestMs = 0;
  readonly #port: number;
  readonly #host: string;
  readonly #loops: Promise<void>[];
  #isOver = false;

  constructor(port: number, host: string, connections: number) {
    this.#port = port;
    this.#host = host;
    this.#loops = Array.from({ length: connections }, () => this.#loop());
  }

  /** Resolves when so many more requests were answered, or one has failed. */
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

  async #loop(): Promise<void> {
    try {
      await this.#useConnection();
    } catch (thrown) {
      this.failures.push(thrown instanceof Error ? thrown.message : String(thrown));
    }
  }

  #useConnection(): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const socket = connect(this.#port, "127.0.0.1");
    let text = "";
    let sentMs = 0;
    const ask = (): void => {
      text = "";
      sentMs = performance.now();
      socket.write(`GET / HTTP/1.1\r\nHost: ${this.#host}\r\n\r\n`);
    };
    socket.setNoDelay(true).setEncoding("latin1");
    socket.on("connect", ask);
    socket.on("data", (chunk: string) => {
      text += chunk;
      const answer = /^HTTP\/1\.1 200 [\s\S]*\r\n\r\nn=(\d+)$/.exec(text);
      if (answer === null) {
        if (!text.startsWith("HTTP/1.1 200 ".slice(0, text.length))) reject(new Error(text));
        return;
      }
      this.#note(Number(answer[1]), performance.now() - sentMs);
      if (!this.#isOver) return ask();
      resolve();
    });
    socket.on("error", reject);
    socket.on("close", () => reject(new Error("closed without an answer")));
    return promise.finally(() => socket.destroy());
  }

  #note(number: number, tookMs: number): void {
    this.answered++;
    if (this.numbers.has(number)) this.repeated.push(number);
    this.numbers.add(number);
    this.longestMs = Math.max(this.longestMs, tookMs);
  }
}
