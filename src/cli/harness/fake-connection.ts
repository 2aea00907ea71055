// One connection to an upstream of a test: takes the request whole, asks the test for the answer,
// and sends that back in the pieces that the test gave it.

import type { Attempt, Failing, SentRequest, UpstreamAnswer } from "../../../sdk/test.ts";
import { monotonicMs } from "../../base/clock.ts";
import { SluiceError } from "../../base/errors.ts";
import { CODEC_LIMITS } from "../../http1/limits.ts";
import { parseResponseHead } from "../../http1/response.ts";
import type {
  ConnectionFacts,
  LentExchange,
  Peer,
  ResponseSink,
  UpstreamRequest,
} from "../../upstream/transport.ts";
import { headerLines, isList, toBytes, toHeaders } from "./messages.ts";

/** An attempt while it goes on. */
export type LiveAttempt = { -readonly [Key in keyof Attempt]: Attempt[Key] };

export interface ConnectionParts {
  readonly attempt: LiveAttempt;
  readonly answer: (
    request: SentRequest,
  ) => UpstreamAnswer | Failing | Promise<UpstreamAnswer | Failing>;
  /** The test's own function threw. */
  readonly threw: (thrown: unknown) => void;
}

export class FakeConnection implements LentExchange {
  readonly facts: ConnectionFacts;
  readonly served: number;
  readonly #parts: ConnectionParts;
  readonly #body: Buffer[] = [];
  #request: UpstreamRequest | null = null;
  #sink: ResponseSink | null = null;
  #resume: (() => void) | null = null;
  #isPaused = false;

  constructor(parts: ConnectionParts, peer: Peer) {
    this.#parts = parts;
    this.served = parts.attempt.reused ? 1 : 0;
    const times = { connectMs: 1, establishedMs: monotonicMs(), protocol: "HTTP/1.1" } as const;
    this.facts = { peer, local: "127.0.0.1:50000", tls: false, tlsDigest: null, ...times };
  }

  send(request: UpstreamRequest, sink: ResponseSink): boolean {
    this.#request = request;
    this.#sink = sink;
    if (!request.hasBody) setImmediate(() => this.#answer(request, sink));
    return true;
  }

  write(chunk: Buffer): boolean {
    this.#body.push(chunk);
    return true;
  }

  end(): void {
    const request = this.#request;
    const sink = this.#sink;
    if (request?.hasBody && sink !== null) setImmediate(() => this.#answer(request, sink));
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#resume?.();
  }

  detach(): never {
    throw new Error("a connection that never switches protocols has no tunnel");
  }

  release(): void {
    this.destroy();
  }

  destroy(): void {
    this.#sink = null;
    this.#resume?.();
  }

  async #answer(request: UpstreamRequest, sink: ResponseSink): Promise<void> {
    if (this.#sink !== sink) return;
    try {
      const sent = this.#sent(request);
      this.#parts.attempt.request = sent;
      const answer = await this.#parts.answer(sent);
      if (this.#sink !== sink) return;
      if ("fail" in answer) this.#fail(answer, sink);
      else await this.#respond(answer, request, sink);
    } catch (thrown) {
      if (!(thrown instanceof SluiceError)) this.#parts.threw(thrown);
      const error = new SluiceError("upstream_protocol", "the answer of the test's upstream");
      if (this.#sink === sink) sink.onError(thrown instanceof SluiceError ? thrown : error);
    }
  }

  #sent({ method, target, headers }: UpstreamRequest): SentRequest {
    const { group, peer, attempt } = this.#parts.attempt;
    const bytes = Buffer.concat(this.#body);
    const head = { method, target, headers: toHeaders(headers) };
    return { group, peer, attempt, ...head, body: bytes.toString(), bytes };
  }

  #fail({ fail }: Failing, sink: ResponseSink): void {
    this.#parts.attempt.failure = fail;
    this.#sink = null;
    sink.onError(new SluiceError(fail, `the test says ${fail}`));
  }

  async #respond(answer: UpstreamAnswer, request: UpstreamRequest, sink: ResponseSink) {
    const { status = 200, headers = {}, body = "" } = answer;
    if (status === 101) throw new Error("sluice/test knows no tunnels: expected another status");
    const parts = isList(body) ? body : null;
    const whole = isList(body) ? null : toBytes(body);
    const lines = headerLines(headers);
    const length = whole === null ? "Transfer-Encoding: chunked\r\n" : lengthLine(whole, lines);
    const text = `HTTP/1.1 ${status} \r\n${lines}${length}\r\n`;
    const parsed = parseResponseHead(text, request.method, CODEC_LIMITS);
    const isBodyless = parsed.contentLength === 0;
    const head = { ...parsed, contentLength: parts === null ? parsed.contentLength : -1 };
    if (isBodyless || parts === null) {
      this.#sink = null;
      sink.onHead(
        { ...head, contentLength: parsed.contentLength },
        isBodyless ? null : whole,
        true,
      );
      return;
    }
    sink.onHead(head, null, false);
    await this.#stream(parts, sink);
  }

  async #stream(parts: readonly (string | Uint8Array | Failing)[], sink: ResponseSink) {
    for (const part of parts) {
      if (this.#isPaused) {
        await new Promise<void>((resolve) => {
          this.#resume = resolve;
        });
        this.#resume = null;
      }
      // each in a pass of its own, as chunks come from a network
      await new Promise(setImmediate);
      if (this.#sink !== sink) return;
      if (typeof part !== "string" && "fail" in part) return this.#fail(part, sink);
      if (!sink.onData(toBytes(part))) this.#isPaused = true;
    }
    if (this.#sink !== sink) return;
    this.#sink = null;
    sink.onEnd("");
  }
}

const lengthLine = (body: Buffer, lines: string): string =>
  /^(?:content-length|transfer-encoding):/im.test(lines)
    ? ""
    : `Content-Length: ${body.length}\r\n`;
