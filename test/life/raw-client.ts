// A client that sends exactly the bytes it is given and keeps every byte that comes back. It knows
// just enough of HTTP to cut what came into responses; it checks nothing.

import { once } from "node:events";
import { connect, type Socket } from "node:net";

/** How long anything awaited may take on a busy machine. Reached only when a test fails. */
const WAIT_MS_MAX = 60_000;

export interface RawResponse {
  readonly status: number;
  /** The lines of the head, the status line first. */
  readonly lines: readonly string[];
  /** As framed by length or close; of a chunked one, the data. */
  readonly body: string;
  /** Lines behind the last chunk. */
  readonly trailers: readonly string[];
}

export class RawClient implements AsyncDisposable {
  readonly socket: Socket;
  /** All bytes that came and have not been taken as a response, as latin1. */
  text = "";
  /** Bytes that came, whether kept or not. */
  received = 0;
  hasEnded = false;
  isClosed = false;
  error: NodeJS.ErrnoException | null = null;
  readonly #waiting = new Set<() => void>();

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on("data", (chunk: Buffer) => {
      this.text += chunk.toString("latin1");
      this.received += chunk.length;
      this.#wake();
    });
    socket.on("end", () => {
      this.hasEnded = true;
      this.#wake();
    });
    socket.on("error", (error) => {
      this.error = error;
    });
    socket.on("close", () => {
      this.isClosed = true;
      this.#wake();
    });
  }

  /** @param from  the local address: loopback has 127.0.0.1 to 127.255.255.254 */
  static async to(port: number, from = "127.0.0.1"): Promise<RawClient> {
    const socket = connect({ host: "127.0.0.1", port, localAddress: from, allowHalfOpen: true });
    await once(socket, "connect");
    socket.setNoDelay(true);
    return new RawClient(socket);
  }

  /** Each character is one byte. */
  send(text: string): this {
    this.socket.write(text, "latin1");
    return this;
  }

  /** Resolves when the bytes were handed to the kernel, so that the next come apart from them. */
  async sendAlone(text: string): Promise<void> {
    await new Promise<void>((resolve) => this.socket.write(text, "latin1", () => resolve()));
  }

  /** Closes our half: FIN. */
  endHalf(): this {
    this.socket.end();
    return this;
  }

  /** Waits until it holds. Rejects when it cannot hold any more. */
  async until(holds: () => boolean, what: string): Promise<void> {
    const timeout = setTimeout(() => this.#wake(true), WAIT_MS_MAX);
    try {
      while (!holds()) {
        if (this.isClosed) throw new Error(`closed before ${what}; got ${this.#tail()}`);
        if (await this.#change()) throw new Error(`no ${what} in time; got ${this.#tail()}`);
      }
    } finally {
      clearTimeout(timeout);
    }
  }

  /** Takes the next response, 1xx included. `method`: of the request, since HEAD has no body. */
  async response(method = "GET"): Promise<RawResponse> {
    const cut = (): Cut | null => cutResponse(this.text, method, this.hasEnded);
    await this.until(() => cut() !== null || this.hasEnded, "whole response");
    const taken = cut();
    if (taken === null) throw new Error(`ended before whole response; got ${this.#tail()}`);
    const { response, length } = taken;
    this.text = this.text.slice(length);
    return response;
  }

  /** Waits for the proxy's end of the connection: FIN, or a reset. Ends ours. */
  async closed(): Promise<void> {
    await this.until(() => this.hasEnded || this.isClosed, "end of the connection");
    this.socket.end();
    await this.until(() => this.isClosed, "close");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.isClosed) return;
    const closed = once(this.socket, "close");
    this.socket.destroy();
    await closed;
  }

  #tail(): string {
    return JSON.stringify(this.text.slice(-400));
  }

  /** True: time is up. */
  #change(): Promise<boolean> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#waiting.delete(wake);
        resolve(this.#isLate);
      };
      this.#waiting.add(wake);
    });
  }

  #isLate = false;

  #wake(isLate = false): void {
    this.#isLate = isLate;
    for (const wake of [...this.#waiting]) wake();
  }
}

/** Sends one request on a connection of its own and takes one response. */
export async function exchange(port: number, request: string): Promise<RawResponse> {
  await using client = await RawClient.to(port);
  const method = request.slice(0, request.indexOf(" "));
  return await client.send(request).response(method);
}

/** Values of a field in a head, in order, in lower-case names. */
export function values(head: { readonly lines: readonly string[] }, name: string): string[] {
  const start = `${name.toLowerCase()}:`;
  return head.lines
    .filter((line) => line.toLowerCase().startsWith(start))
    .map((line) => line.slice(start.length).trim());
}

interface Cut {
  readonly response: RawResponse;
  /** Characters that it took. */
  readonly length: number;
}

function cutResponse(text: string, method: string, hasEnded: boolean): Cut | null {
  const headEnd = text.indexOf("\r\n\r\n");
  if (headEnd === -1) return null;
  const lines = text.slice(0, headEnd).split("\r\n");
  const status = Number(lines[0]?.slice(9, 12));
  const at = headEnd + 4;
  const whole = (body: string, length: number, trailers: readonly string[] = []): Cut => ({
    response: { status, lines, body, trailers },
    length,
  });
  if (status < 200 || status === 204 || status === 304 || method === "HEAD") return whole("", at);
  if (values({ lines }, "transfer-encoding").length > 0) {
    const chunked = cutChunks(text, at);
    return chunked === null ? null : whole(chunked.data, chunked.end, chunked.trailers);
  }
  const [length] = values({ lines }, "content-length");
  if (length === undefined) return hasEnded ? whole(text.slice(at), text.length) : null;
  const end = at + Number(length);
  return text.length < end ? null : whole(text.slice(at, end), end);
}

function cutChunks(text: string, from: number) {
  let data = "";
  for (let at = from; ; ) {
    const lineEnd = text.indexOf("\r\n", at);
    if (lineEnd === -1) return null;
    const size = Number.parseInt(text.slice(at, lineEnd), 16);
    if (size === 0) {
      const end = text.indexOf("\r\n\r\n", lineEnd);
      if (end === -1) return null;
      const trailers = end === lineEnd ? [] : text.slice(lineEnd + 2, end).split("\r\n");
      return { data, end: end + 4, trailers };
    }
    at = lineEnd + 2 + size + 2;
    if (text.length < at) return null;
    data += text.slice(lineEnd + 2, at - 2);
  }
}
