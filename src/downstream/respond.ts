// Writing the answer: the upstream's, a script's, or the proxy's own for an error. This is the one
// place from which clients are answered; an error's cause never leaves through it.

import { ERRORS, type SluiceError } from "../base/errors.ts";
import { LIMITS } from "../base/limits.ts";
import { DateLine } from "../http1/date.ts";
import { type OutgoingResponse, type RequestHead, UNREAD } from "../http1/messages.ts";
import {
  type Framing,
  frameChunk,
  headWithBytes,
  informationalHeadText,
  lastChunk,
  responseFraming,
  responseHeadText,
} from "../http1/serialise.ts";
import type { Exchange, ResponseParts } from "../phases/exchange.ts";
import type { Answer } from "../sandbox/call.ts";
import type { UpstreamResponse } from "../upstream/transport.ts";
import { hasField, removeField } from "../wire/headers.ts";
import type { ClientConnection } from "./connection.ts";
import { errorAnswer } from "./error-page.ts";
import type { Route } from "./policy/route.ts";
import { reasonOf } from "./reasons.ts";
import type { ServingBegin } from "./serving-begin.ts";
import { responseTrailers } from "./trailers.ts";
import { type Unread, unreadError } from "./unread.ts";

const date = new DateLine(Date.now);

export class Responder {
  /** Bytes of the body that were handed to the connection. */
  bytes = 0;
  keepsAlive = true;
  isEnded = false;
  /** Of the tenant. */
  readonly unread: Unread;
  readonly #client: ClientConnection;
  readonly #head: RequestHead;
  readonly #exchange: Exchange;
  readonly #route: Route | null;
  #framing: Framing = "none";

  constructor({ client, head, exchange, holders, route }: ServingBegin) {
    this.#client = client;
    this.#head = head;
    this.#exchange = exchange;
    this.unread = holders.unread;
    this.#route = route;
  }

  /**
   * A 1xx response; HTTP/1.0 clients do not know them (RFC 9110 section 15.2). False: the client
   * reads more slowly than that.
   */
  inform(response: UpstreamResponse): boolean {
    if (this.#head.minor === 0 || response.status === 100) return true;
    const { status, reason, headers } = response;
    return this.#client.write(informationalHeadText(status, reason, headers));
  }

  /**
   * The upstream's head as the hooks left it, with the body bytes that are there. `ended`: they are
   * the whole body, and its trailers are these. False: the client reads more slowly than that.
   */
  begin(response: UpstreamResponse, first: Buffer | string | null, ended: string | null): boolean {
    const edited = this.#exchange.response ?? {
      status: response.status,
      headers: response.headers,
      mayHaveId: response.hasRequestId,
    };
    const { status } = edited;
    const { contentLength, statedLength, upgrade, hasDate } = response;
    const head = this.#headText({
      status,
      reason: status === response.status ? response.reason : reasonOf(status),
      headers: this.#withId(edited),
      contentLength,
      statedLength,
      upgrade,
      hasDate,
    });
    if (first === null) return this.#client.write(head);
    if (this.#framing === "none") return this.#client.write(head);
    this.bytes += first.length;
    if (this.#framing === "chunked") return this.#beginChunked(head, bytesOf(first), ended);
    if (typeof first === "string") return this.#client.write(head + first);
    if (first.length > LIMITS.joinedBodyBytes) {
      this.#client.write(head);
      return this.#client.write(first);
    }
    return this.#client.write(headWithBytes(head, first));
  }

  #beginChunked(head: string, first: Buffer, ended: string | null): boolean {
    this.isEnded = ended !== null;
    const chunk = frameChunk(first);
    const end = ended === null ? EMPTY : Buffer.from(this.#lastChunk(ended), "latin1");
    return this.#client.write(Buffer.concat([Buffer.from(head, "latin1"), chunk, end]));
  }

  /** As `ClientConnection.write` has it. */
  write(chunk: Buffer, left?: () => void): boolean {
    if (this.#framing === "none") {
      left?.();
      return true;
    }
    this.bytes += chunk.length;
    return this.#client.write(this.#framing === "chunked" ? frameChunk(chunk) : chunk, left);
  }

  end(trailers: string): void {
    this.isEnded = true;
    if (this.#framing !== "chunked") return;
    this.#client.write(this.#lastChunk(trailers));
  }

  #lastChunk(trailers: string): string {
    const accepted = this.#head.acceptsTrailers ? trailers : "";
    return lastChunk(responseTrailers(accepted, this.#exchange, this.#route));
  }

  /** A Response of the script's: an error, if its clients have yet to take too many others. */
  answer(answer: Answer, route: Route | null): void {
    const left = this.unread.hold(answer.body.length);
    if (left !== null) return this.#send(answer, left);
    this.#exchange.error = unreadError();
    this.fail(this.#exchange.error, route);
  }

  #send(answer: Answer, left?: () => void): void {
    const { status, headers, body } = answer;
    const response = { status, headers, mayHaveId: true };
    this.#exchange.response = response;
    const head = this.#headText({
      status,
      reason: reasonOf(status),
      headers: this.#withId(response),
      contentLength: body.length,
      statedLength: UNREAD,
      upgrade: "",
      hasDate: hasField(headers, "date"),
    });
    this.isEnded = true;
    if (this.#framing === "none" || body.length === 0) {
      this.#client.write(head, left);
      return;
    }
    this.bytes += body.length;
    this.#client.write(headWithBytes(head, body), left);
  }

  /** The proxy's own answer to a failure; nothing where the table says so. */
  fail(error: SluiceError, route: Route | null): void {
    if (ERRORS[error.code].status === 0) {
      this.keepsAlive = false;
      this.#client.abort();
      return;
    }
    if (ERRORS[error.code].blame === "downstream") this.keepsAlive = false;
    const { id } = this.#exchange;
    this.#send(route?.errorAnswer(error.code, id) ?? errorAnswer(error.code, id));
  }

  /** Decides on the framing, and with it whether the connection stays. */
  #headText(response: OutgoingResponse): string {
    this.#framing = responseFraming(response, this.#head);
    const { minor, keepAlive } = this.#head;
    const isOpen = this.#framing !== "close" && this.#client.isRequestComplete;
    this.keepsAlive = this.keepsAlive && keepAlive && isOpen && !this.#client.isDraining;
    return responseHeadText(response, {
      framing: this.#framing,
      minor,
      keepAlive: this.keepsAlive,
      date: response.hasDate ? "" : date.line(),
    });
  }

  /** The block with the request's id at its end: ours, whatever the upstream said. */
  #withId({ headers, mayHaveId }: ResponseParts): string {
    const has = mayHaveId && hasField(headers, "x-request-id");
    const block = has ? removeField(headers, "x-request-id") : headers;
    return `${block}X-Request-Id: ${this.#exchange.id}\r\n`;
  }
}

const EMPTY = Buffer.alloc(0);

const bytesOf = (body: Buffer | string): Buffer =>
  typeof body === "string" ? Buffer.from(body, "latin1") : body;
