// A client of HTTP/2 for tests of a real proxy: node's, and answers as plain values.

import { once } from "node:events";
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
} from "node:http2";

export interface Http2Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly trailers: IncomingHttpHeaders;
  readonly interims: readonly number[];
  /** Code of the reset that ended its stream; 0: none did, or it said that all is well. */
  readonly code: number;
}

export class Http2Client implements AsyncDisposable {
  readonly session: ClientHttp2Session;
  /** Last streams that GOAWAYs named, in their order. */
  readonly goaways: number[] = [];

  private constructor(session: ClientHttp2Session) {
    this.session = session;
    session.on("error", () => {});
    session.on("goaway", (_code, last) => void this.goaways.push(last));
  }

  /** @param url  https: whatever certificate it is shown */
  static async to(url: string, servername = "a.example"): Promise<Http2Client> {
    const session = connect(url, { rejectUnauthorized: false, servername });
    await once(session, "connect");
    return new Http2Client(session);
  }

  /** A stream that waits for the rest of its request. */
  open(headers: OutgoingHttpHeaders = {}): ClientHttp2Stream {
    const { ":authority": authority = "a.example", ...rest } = headers;
    const stream = this.session.request({ ":authority": authority, ...rest }, { endStream: false });
    stream.on("error", () => {});
    return stream;
  }

  get(path = "/", headers: OutgoingHttpHeaders = {}): Promise<Http2Answer> {
    return this.ask({ ":path": path, ...headers });
  }

  async ask(headers: OutgoingHttpHeaders, body: Buffer | string = ""): Promise<Http2Answer> {
    const stream = this.open(headers);
    stream.end(body);
    return await answerOf(stream);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.session.destroyed) return;
    const closed = new Promise((resolve) => this.session.on("close", resolve));
    this.session.destroy();
    await closed;
  }
}

export async function answerOf(stream: ClientHttp2Stream): Promise<Http2Answer> {
  let headers: IncomingHttpHeaders = {};
  let trailers: IncomingHttpHeaders = {};
  const interims: number[] = [];
  const parts: Buffer[] = [];
  stream.on("headers", (given) => void interims.push(Number(given[":status"])));
  stream.on("response", (given) => {
    headers = given;
  });
  stream.on("trailers", (given) => {
    trailers = given;
  });
  stream.on("data", (part: Buffer) => void parts.push(part));
  // not `once`, which would reject with the error of a reset
  if (!stream.closed) await new Promise((resolve) => stream.on("close", resolve));
  const body = Buffer.concat(parts).toString("latin1");
  const code = stream.rstCode ?? 0;
  return { status: Number(headers[":status"] ?? 0), headers, body, trailers, interims, code };
}
