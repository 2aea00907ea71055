// A client's stream with an ear at it: what the client gets is noted, and passes on as it is.

import type { OutgoingResponse } from "../../http1/messages.ts";
import { requestIdLine } from "../../http1/serialise.ts";
import type { ClientSender, ClientStream, Encoding } from "../client-stream.ts";
import type { TunnelEnd } from "../tunnel.ts";
import type { Capture } from "./capture.ts";

export class CapturedStream implements ClientStream {
  readonly #below: ClientStream;
  readonly #capture: Capture;

  constructor(below: ClientStream, capture: Capture) {
    this.#below = below;
    this.#capture = capture;
  }

  get encoding(): Encoding | null {
    return this.#below.encoding;
  }

  get sender(): ClientSender {
    return this.#below.sender;
  }

  get acceptsTrailers(): boolean {
    return this.#below.acceptsTrailers;
  }

  get bytesSent(): number {
    return this.#below.bytesSent;
  }

  startBody(idleMs: number): void {
    this.#below.startBody(idleMs);
  }

  pauseBody(): void {
    this.#below.pauseBody();
  }

  resumeBody(): void {
    this.#below.resumeBody();
  }

  inform(response: Pick<OutgoingResponse, "status" | "reason" | "headers">): boolean {
    return this.#below.inform(response);
  }

  begin(head: OutgoingResponse, body: Buffer | string | null, ended: string | null): boolean {
    const headers = head.headers + requestIdLine(head.requestId);
    this.#capture.answer = { status: head.status, headers };
    this.#capture.answerBody.add(body);
    return this.#below.begin(head, body, ended);
  }

  write(chunk: Buffer, left?: () => void): boolean {
    this.#capture.answerBody.add(chunk);
    return this.#below.write(chunk, left);
  }

  end(trailers: string): void {
    this.#below.end(trailers);
  }

  whenLeft(left: () => void): void {
    this.#below.whenLeft(left);
  }

  distrust(): void {
    this.#below.distrust();
  }

  finish(): void {
    this.#below.finish();
  }

  abort(): void {
    this.#below.abort();
  }

  takeStream(): TunnelEnd {
    this.#capture.lacks("a connection that switched its protocol");
    return this.#below.takeStream();
  }
}
