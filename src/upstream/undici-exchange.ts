// One request and its response over undici: translates between its handler and our sink. What
// undici parsed is parsed again by our own codec, as text: the same strictness, the same hop-by-hop
// rules and the same order of lines, whichever transport a peer uses.

import type { Socket } from "node:net";
import type { Client, Dispatcher } from "undici";
import { monotonicMs } from "../base/clock.ts";
import { SluiceError } from "../base/errors.ts";
import type { ResponseHead } from "../http1/messages.ts";
import { parseResponseHead } from "../http1/response.ts";
import { readTrailers } from "../http1/trailers.ts";
import { eachField } from "../wire/headers.ts";
import { InterimAllowance } from "./interim-allowance.ts";
import type { UpstreamLimits } from "./limits.ts";
import { isAsked, protocolFault, toUpstreamResponse } from "./response-head.ts";
import type { Rest } from "./rest.ts";
import type { ResponseSink, UpstreamRequest } from "./transport.ts";
import { UndiciBody } from "./undici-body.ts";
import { codeOfUndici } from "./undici-errors.ts";
import { headText, linesOf } from "./undici-head.ts";
import type { UndiciWireListener } from "./undici-wire.ts";

export interface UndiciOwner {
  readonly limits: UpstreamLimits;
  readonly socket: Socket;
  readonly rest: Rest;
  onProgress(): void;
  onUpgraded(): void;
  onResponseOver(): void;
  onFailed(error: SluiceError): void;
  pause(): void;
}

export class UndiciExchange implements Dispatcher.DispatchHandler, UndiciWireListener {
  trailers = "";
  isReusable = false;
  readonly #owner: UndiciOwner;
  readonly #request: UpstreamRequest;
  readonly #body: UndiciBody | null;
  readonly #bytesBefore: number;
  #sink: ResponseSink | null;
  #controller: Dispatcher.DispatchController | null = null;
  #isPauseWanted = false;
  #isBodyEnded = false;
  /** A head has come. */
  hasHead = false;
  #interims: InterimAllowance | null = null;
  #nominated: ReadonlySet<string> | null = null;

  constructor(owner: UndiciOwner, request: UpstreamRequest, sink: ResponseSink) {
    this.#owner = owner;
    this.#request = request;
    this.#sink = sink;
    this.#bytesBefore = owner.socket.bytesRead;
    const hasBody = request.hasBody && request.contentLength !== 0;
    this.#body = hasBody ? new UndiciBody(request.contentLength, this.#onDrain) : null;
  }

  /** The request is wholly handed over. */
  get isSent(): boolean {
    return this.#body === null || this.#isBodyEnded;
  }

  get isBlocked(): boolean {
    return this.#body?.isBlocked ?? false;
  }

  dispatch(client: Client, keepAlive: boolean): void {
    const { method, target, headers, contentLength, upgrade } = this.#request;
    const fields: string[] = [];
    eachField(headers, (name, value) => {
      if (name.toLowerCase() !== "content-length") fields.push(name, value);
    });
    if (this.#body !== null && contentLength > 0) fields.push("Content-Length", `${contentLength}`);
    const options: Dispatcher.DispatchOptions = { path: target, method, headers: fields };
    if (this.#body !== null) options.body = this.#body;
    if (upgrade !== "") options.upgrade = upgrade;
    else if (!keepAlive) options.reset = true;
    client.dispatch(options, this);
  }

  /** False: more than was announced. */
  write(chunk: Buffer): boolean {
    return this.#body === null ? chunk.length === 0 : this.#body.put(chunk);
  }

  /** False: less than was announced. */
  end(trailers: string): boolean {
    if (this.isSent) return true;
    this.#isBodyEnded = this.#body?.finish(trailers) ?? true;
    return this.#isBodyEnded;
  }

  pause(): void {
    this.#isPauseWanted = true;
    this.#controller?.pause();
  }

  resume(): void {
    this.#isPauseWanted = false;
    // Not at once: undici's one parser for all connections may be at work up the stack.
    process.nextTick(resumeFlow, this);
  }

  resumeFlow(): void {
    if (!this.#isPauseWanted && this.#sink !== null) this.#controller?.resume();
  }

  /** From here on nobody hears anything. Returns who did. */
  stop(): ResponseSink | null {
    const sink = this.#sink;
    this.#sink = null;
    // Whoever wrote this body is told by the end of the exchange, not by the stream.
    this.#body?.destroy();
    return sink;
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#isPauseWanted) controller.pause();
  }

  onContinue(text: string): void {
    const head = this.#sink === null ? null : this.#parse(text);
    if (head !== null) this.#interim(head);
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    _headers: unknown,
    reason = "",
  ): void {
    if (this.#sink === null) return;
    const head = this.#parse(headText(status, reason, controller.rawHeaders));
    if (head === null) return;
    if (status >= 200) this.#final(head);
    else this.#interim(head);
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#sink === null) return;
    this.#owner.onProgress();
    if (!this.#sink.onData(chunk)) this.#owner.pause();
  }

  onResponseEnd(controller: Dispatcher.DispatchController): void {
    if (this.#sink === null) return;
    if (this.#owner.socket.errored !== null) {
      // undici takes a reset for the end of a body without a length, which may thus be cut short.
      const message = "Cannot read response: the connection was reset within it";
      this.#owner.onFailed(new SluiceError("upstream_aborted", message));
      return;
    }
    const trailers = readTrailers(linesOf(controller.rawTrailers), this.#nominated);
    if (trailers === null) {
      this.#refuse("a trailer line is not a header field");
      return;
    }
    this.trailers = trailers;
    this.isReusable &&= this.isSent;
    this.#owner.onResponseOver();
  }

  onRequestUpgrade(controller: Dispatcher.DispatchController, status: number): void {
    if (this.#sink === null) return;
    const head = this.#parse(headText(status, "Switching Protocols", controller.rawHeaders));
    if (head === null) return;
    if (!isAsked(head.upgrade, this.#request.upgrade)) {
      this.#refuse("a switch to a protocol that nobody asked for");
      return;
    }
    this.#owner.onUpgraded();
    this.#sink.onHead(head, null, false);
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.#sink === null) return;
    const anything = this.#owner.socket.bytesRead > this.#bytesBefore;
    const code = codeOfUndici(error, { anything, head: this.hasHead });
    const failure = new SluiceError(code, `undici: ${error.message}`, { cause: error });
    // Outside of the sender's own call, whatever undici found wrong with the request itself.
    process.nextTick(reportFailure, this, failure);
  }

  reportFailure(error: SluiceError): void {
    if (this.#sink !== null) this.#owner.onFailed(error);
  }

  #parse(text: string): ResponseHead | null {
    try {
      return parseResponseHead(text, this.#request.method, this.#owner.limits.codec);
    } catch (error) {
      if (!(error instanceof SluiceError)) throw error;
      this.#refuse(error.message, error);
      return null;
    }
  }

  #interim(head: ResponseHead): void {
    const nowMs = monotonicMs();
    this.#interims ??= new InterimAllowance(this.#owner.limits, nowMs);
    if (head.status === SWITCHING || !this.#interims.take(nowMs)) {
      this.#refuse("too many interim responses");
      return;
    }
    this.#owner.onProgress();
    this.#sink?.onInformational(head);
  }

  #final(head: ResponseHead): void {
    this.hasHead = true;
    this.#owner.rest.heard(head);
    this.#nominated = head.nominated;
    this.isReusable = head.keepAlive && this.#request.upgrade === "";
    this.#owner.onProgress();
    this.#sink?.onHead(toUpstreamResponse(head), null, false);
  }

  #refuse(what: string, cause?: Error): void {
    this.#owner.onFailed(protocolFault(what, cause));
  }

  #onDrain = (): void => {
    this.#owner.onProgress();
    if (!this.isSent) this.#sink?.onDrain();
  };
}

const SWITCHING = 101;

function resumeFlow(exchange: UndiciExchange): void {
  exchange.resumeFlow();
}

function reportFailure(exchange: UndiciExchange, error: SluiceError): void {
  exchange.reportFailure(error);
}
