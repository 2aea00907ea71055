// Clients of HTTP/2 that ask without a pause, on several streams of several connections. What a
// GOAWAY or a refusal says has not begun is repeated, as the protocol allows; all else that is no
// whole answer is a failure.

import { Http2Client } from "./http2-client.ts";

const REFUSED_STREAM = 7;

export class Http2Load {
  readonly failures: string[] = [];
  answered = 0;
  /** Connections so far. */
  connections = 0;
  readonly #url: string;
  readonly #sessions: Promise<void>[];
  #isOver = false;
  #wake: () => void = () => {};

  constructor(url: string, sessions: number, streams: number) {
    this.#url = url;
    this.#sessions = Array.from({ length: sessions }, () => this.#run(streams));
  }

  /** Until so many more were answered. */
  async more(count: number): Promise<void> {
    const wanted = this.answered + count;
    while (this.answered < wanted && this.failures.length === 0) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#sessions);
  }

  async #run(streams: number): Promise<void> {
    while (!this.#isOver) {
      await using client = await Http2Client.to(this.#url);
      this.connections++;
      await Promise.all(Array.from({ length: streams }, () => this.#askOn(client)));
    }
  }

  async #askOn(client: Http2Client): Promise<void> {
    const { session } = client;
    while (!this.#isOver && !session.closed && !session.destroyed) {
      const { status, body, code } = await client.get("/");
      if (status === 200 && body === "answered" && code === 0) this.answered++;
      else if (code !== REFUSED_STREAM) this.failures.push(`${status} ${body} reset ${code}`);
      this.#wake();
    }
  }
}
