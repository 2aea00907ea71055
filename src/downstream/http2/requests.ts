// Where requests on HTTP/2 begin: the fields of a block become the head of an exchange, or the
// stream is answered or reset.

import { SluiceError } from "../../base/errors.ts";
import type { RequestHead } from "../../http1/messages.ts";
import type { SessionStream } from "../../http2/session-stream.ts";
import type { BeginQueue } from "../begin-queue.ts";
import type { ClientStream, RequestHandler } from "../client-stream.ts";
import type { Refusal } from "../serve-context.ts";
import { type RefusedStream, refuseStream, resetStream } from "./refuse-stream.ts";
import { RequestFields } from "./request-fields.ts";
import { Http2Stream, type StreamConnection } from "./stream.ts";

export interface RequestOwner {
  readonly queue: BeginQueue;
  /** The exchange may be over when this returns. As ConnectionOwner's `begin` has it. */
  begin(stream: ClientStream, head: RequestHead, isShed: boolean): RequestHandler | null;
  /** A request that was answered or reset, since it cannot become an exchange. */
  refused(refusal: Refusal): void;
}

export class Requests {
  readonly fields: RequestFields;
  readonly #connection: StreamConnection;
  readonly #owner: RequestOwner;

  constructor(connection: StreamConnection, owner: RequestOwner) {
    this.#connection = connection;
    this.#owner = owner;
    this.fields = new RequestFields(connection.options.codec);
  }

  /** Throws ConnectionError: of too many streams nothing came. */
  begin(stream: SessionStream): void {
    const head = this.#headOf(stream);
    if (head instanceof SluiceError) this.#owner.refused(refuseStream(this.#refused(stream), head));
    else if (head === null) this.#reset(stream);
    else this.#serve(stream, head);
  }

  /** False: they are not valid. */
  takeTrailers({ user }: SessionStream): boolean {
    const trailers = this.fields.trailers();
    if (trailers === null || !(user instanceof Http2Stream)) return false;
    user.trailers = trailers;
    return true;
  }

  /** Null: it is malformed. */
  #headOf(stream: SessionStream): RequestHead | SluiceError | null {
    try {
      return this.fields.head(stream.isRemoteEnded);
    } catch (thrown) {
      if (thrown instanceof SluiceError) return thrown;
      throw thrown;
    }
  }

  #refused(stream: SessionStream): RefusedStream {
    const { streams, sender, options } = this.#connection;
    return { streams, stream, fields: this.fields, client: sender.address, options };
  }

  #serve(stream: SessionStream, head: RequestHead): void {
    const user = new Http2Stream(this.#connection, stream, head);
    stream.user = user;
    const { queue } = this.#owner;
    const entry = queue.entry();
    if (entry === "waits") user.place = queue.wait(() => this.#start(user, head, false));
    else this.#start(user, head, entry === "shed");
  }

  #start(user: Http2Stream, head: RequestHead, isShed: boolean): void {
    const handler = this.#owner.begin(user, head, isShed);
    if (handler !== null) user.attach(handler);
  }

  #reset(stream: SessionStream): void {
    const error = new SluiceError("bad_request", "Cannot read request: its fields are malformed");
    this.#owner.refused(resetStream(this.#refused(stream), error));
    this.#connection.streams.lose();
  }
}
