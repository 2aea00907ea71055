// The port through which an exchange reads from its client and writes to it. Behind it are the
// framing and the connection: HTTP/1.1's is http1-stream.ts. An exchange has one stream for its
// whole life. Once the stream is over (finished, aborted, taken), whatever is called on it does
// nothing, since its connection may serve another exchange by then.

import type { SluiceError } from "../base/errors.ts";
import type { BodySink } from "../http1/body.ts";
import type { OutgoingResponse } from "../http1/messages.ts";
import type { ExchangeClient } from "../phases/exchange.ts";
import type { Endpoint } from "../proxy-protocol/header.ts";
import type { ClientOwn } from "./client-own.ts";
import type { Sender } from "./forwarded.ts";
import type { Secure } from "./tls/secure.ts";
import type { TunnelEnd } from "./tunnel.ts";

/** Who is at the other side of the connection; one for all of its streams. */
export interface ClientSender extends Sender, ExchangeClient {
  /** Null: it is a proxy of ours, whose clients share the connection. */
  readonly own: ClientOwn | null;
  /** Our end of the connection. */
  readonly destination: Endpoint;
  /** The same, as the host of a URL. */
  readonly localAuthority: string;
  /** Null: it is in the clear. */
  readonly secure: Secure | null;
}

/** What is under way in the encoder of an answer. */
export interface Encoding {
  /** The client takes more. False: the encoder does not, and tells when it does. */
  resume(): boolean;
  /** Who is told, once, when all of the answer has been given to the client. */
  tellEnd(owner: { answerSent(): void }): void;
  /** Nothing more of it is wanted. */
  destroy(): void;
}

export interface ClientStream {
  /** Null: what is written is given to the client at once. */
  readonly encoding: Encoding | null;
  readonly sender: ClientSender;
  /** The client reads trailers. */
  readonly acceptsTrailers: boolean;
  /** Bytes of the answer's body that were handed over. */
  readonly bytesSent: number;

  /** The request's body is wanted from now on; a client that waits to be asked for it is asked. */
  startBody(idleMs: number): void;
  pauseBody(): void;
  resumeBody(): void;

  /**
   * An interim response, where the client knows such. False, here and below: the client reads more
   * slowly than that, and `onWritable` tells when to go on.
   */
  inform(response: Pick<OutgoingResponse, "status" | "reason" | "headers">): boolean;
  /**
   * The head of the answer, with what there is of the body; text is latin1.
   *
   * @param ended  trailers of a body that is whole; null: more follows
   */
  begin(head: OutgoingResponse, body: Buffer | string | null, ended: string | null): boolean;
  /** `left` is called when the chunk has left, or never will. */
  write(chunk: Buffer, left?: () => void): boolean;
  /** Behind a body that was whole with its head, nothing. */
  end(trailers: string): void;
  /** `left` is called when all that was written has left, or never will. */
  whenLeft(left: () => void): void;

  /** What this client sends cannot be relied on: its answer is the last on its connection. */
  distrust(): void;
  /** The answer is complete. */
  finish(): void;
  /** The client must see that the message is broken. */
  abort(): void;
  /** The raw stream behind a 101 that was written. */
  takeStream(): TunnelEnd;
}

/** The exchange, as its stream sees it. */
export interface RequestHandler extends BodySink {
  /** A client that closes its half, its request sent whole, has left: it is not answered. */
  readonly abortsOnHalfClose: boolean;
  /** The request can no longer be read to its end: bad framing, too slow. */
  onBodyError(error: SluiceError): void;
  /** The client is gone, or will not read: nothing can be written any more. */
  onClientGone(error: SluiceError): void;
  /** What was written has left: write on. */
  onWritable(): void;
}
