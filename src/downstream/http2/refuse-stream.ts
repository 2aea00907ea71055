// The answer to a request on HTTP/2 that cannot become an exchange: what HTTP/1.1 would answer, or
// a reset where the request breaks the protocol (RFC 9113 section 8.1.1). Others of its connection
// go on.

import type { SluiceError } from "../../base/errors.ts";
import { makeRequestId } from "../../base/ids.ts";
import { DateLine } from "../../http1/date.ts";
import { encodeLines, encodeStatus } from "../../http2/hpack-encoder.ts";
import { CODE } from "../../http2/protocol.ts";
import type { SessionStream, StreamUser } from "../../http2/session-stream.ts";
import type { Streams } from "../../http2/streams.ts";
import type { ConnectionOptions } from "../connection-owner.ts";
import { errorAnswer } from "../error-page.ts";
import type { Refusal } from "../serve-context.ts";
import type { RequestFields } from "./request-fields.ts";
import { StreamTimes, type StreamTimesOwner } from "./stream-times.ts";

const date = new DateLine(Date.now);

export interface RefusedStream {
  readonly streams: Streams;
  readonly stream: SessionStream;
  readonly fields: RequestFields;
  readonly client: string;
  readonly options: ConnectionOptions;
}

/** Returns what is to be logged of it. Throws ConnectionError where a stream too many is lost. */
export function refuseStream(refused: RefusedStream, error: SluiceError): Refusal {
  const id = makeRequestId();
  const { streams, stream, fields } = refused;
  const { status, headers, body } = errorAnswer(error, id);
  const isBodyless = fields.method === "HEAD";
  const lines = `${headers}X-Request-Id: ${id}\r\nContent-Length: ${body.length}\r\n${date.line()}`;
  const block = encodeStatus(status) + encodeLines(lines);
  if (isBodyless) streams.sendHeaders(stream, block, true);
  else streams.sendWhole(stream, block, body);
  if (stream.queuedBytes > 0) stream.user = new UntakenRefusal(refused);
  streams.finish(stream);
  return { ...refusalOf(refused, error), id, status, bytesSent: isBodyless ? 0 : body.length };
}

/** The same, for one that breaks the protocol. */
export function resetStream(refused: RefusedStream, error: SluiceError): Refusal {
  refused.streams.reset(refused.stream, CODE.protocolError);
  return { ...refusalOf(refused, error), id: makeRequestId(), status: 0, bytesSent: 0 };
}

function refusalOf({ fields, client }: RefusedStream, { code, message }: SluiceError): Told {
  const { method, path: target, authority: host } = fields;
  return { client, head: { method, target, host }, version: "2", code, message, bytesReceived: 0 };
}

/** Nobody else sees to it that a client which keeps its window shut takes the answer in time. */
class UntakenRefusal implements StreamUser, StreamTimesOwner {
  readonly #refused: RefusedStream;
  readonly #times: StreamTimes;

  constructor(refused: RefusedStream) {
    this.#refused = refused;
    this.#times = new StreamTimes(refused.options, this);
    this.#times.watchWrites(refused.stream);
  }

  onStuck(): void {
    this.#refused.streams.reset(this.#refused.stream, CODE.cancel);
  }

  onClosed(): void {
    this.#times.stop();
  }

  onData(): void {}

  onEnd(): void {}

  onReset(): void {}

  onRoom(): void {}

  onBodyLate(): void {}
}

type Told = Omit<Refusal, "id" | "status" | "bytesSent">;
