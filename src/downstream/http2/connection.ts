// One client connection that speaks HTTP/2: its socket, its session, and how it ends. Each stream
// is a request that `serve` knows as a `ClientStream`, as it knows the one of HTTP/1.1.
//
//     OPEN ──drain──▶ no new streams ──the last is over──▶ LINGERING ──▶ closed
//       └──the client breaks the protocol: GOAWAY──────────────┘

import { SluiceError } from "../../base/errors.ts";
import { settingsFrame } from "../../http2/frame-writer.ts";
import { HTTP2_LIMITS } from "../../http2/limits.ts";
import { CODE, ConnectionError, SETTING } from "../../http2/protocol.ts";
import { Session } from "../../http2/session.ts";
import type { SessionOwner } from "../../http2/session-owner.ts";
import type { SessionStream } from "../../http2/session-stream.ts";
import type { Streams } from "../../http2/streams.ts";
import type { ClientSocket, SocketListener } from "../client-socket.ts";
import type { ConnectionOptions, ServedConnection } from "../connection-owner.ts";
import { Lingering } from "../lingering.ts";
import { WriteSide } from "../write-side.ts";
import { type RequestField, requestField } from "./request-field.ts";
import { type RequestOwner, Requests } from "./requests.ts";
import { SessionTimes, type SessionTimesOwner } from "./session-times.ts";
import type { StreamConnection } from "./stream.ts";

export interface Http2Owner extends RequestOwner {
  closed(connection: Http2Connection): void;
}

const PING = "sluice--";

interface Roles extends SocketListener, SessionOwner<RequestField>, SessionTimesOwner {}

export class Http2Connection implements Roles, StreamConnection, ServedConnection {
  readonly sender: ClientSocket;
  readonly options: ConnectionOptions;
  fault: SluiceError | null = null;
  readonly #owner: Http2Owner;
  readonly #output: WriteSide;
  readonly #session: Session<RequestField>;
  readonly #requests: Requests;
  readonly #times: SessionTimes;
  #isAnnounced = false;
  /** Ends with its last stream. */
  #isEnding = false;
  #isPaused = false;
  #hasEnded = false;
  #isOver = false;

  constructor(sender: ClientSocket, owner: Http2Owner, options: ConnectionOptions) {
    this.sender = sender;
    this.options = options;
    this.#owner = owner;
    this.#output = new WriteSide(sender.socket, options, this.#onStuck);
    this.#requests = new Requests(this, owner);
    this.#session = new Session(this, {
      isClient: false,
      makeField: requestField,
      blockBytesMax: options.codec.headBytesMax + HTTP2_LIMITS.refusedBlockBytes,
      nowMs: () => options.deadlines.nowMs,
      answered: (stream) => this.#times.answered(stream),
    });
    this.#times = new SessionTimes(options, this);
    sender.isHttp2 = true;
    sender.listener = this;
    const streams = [SETTING.maxConcurrentStreams, HTTP2_LIMITS.streams] as const;
    const fields = [SETTING.maxHeaderListSize, options.codec.headBytesMax] as const;
    this.#session.begin(settingsFrame([streams, fields]));
  }

  get streams(): Streams {
    return this.#session.streams;
  }

  get hasStreams(): boolean {
    return this.streams.size > 0;
  }

  /** First it hears that it should go, then what was the last that is served. */
  drain(hasGrace: boolean): void {
    if (this.#isOver || this.#isEnding) return;
    if (!hasGrace) return this.#endWithStreams();
    if (!this.#isAnnounced) this.#session.announceEnd();
    this.#isAnnounced = true;
  }

  /** There is no room for it. */
  turnAway(): void {
    this.fault = new SluiceError("overloaded");
    this.#session.fail(new ConnectionError(CODE.enhanceYourCalm, "over the bound of connections"));
  }

  /** The client hears which streams had begun: they are broken off, others it may repeat. */
  abort(): void {
    if (this.#isOver) return;
    this.#session.refuseStreams();
    this.streams.breakOff();
    this.#session.end(CODE.internalError);
    this.#close();
    this.sender.socket.destroy(); // a reset could overtake what was said
  }

  onData(bytes: Buffer): void {
    this.#times.heard();
    this.#session.take(bytes);
    this.#holdBack();
  }

  onDrain(): void {
    if (!this.#output.onDrain()) return;
    this.#session.outbox.unblock();
    this.#holdBack();
  }

  /** Requests that have come whole are answered. */
  onEnd(): void {
    this.#hasEnded = true;
    this.fault = new SluiceError("client_aborted", "the client closed within its request");
    for (const stream of this.streams.all()) {
      if (stream.isRemoteEnded) continue;
      this.streams.close(stream);
      stream.user?.onReset(CODE.cancel);
    }
    this.fault = null;
    this.#endWithStreams();
  }

  onError(error: Error): void {
    this.#gone(`the client's connection: ${error.message}`);
  }

  onClose(): void {
    this.#gone("the client closed the connection");
  }

  // What the session tells.

  send(data: string | Buffer): boolean {
    return this.#isOver || this.#output.write(data);
  }

  onBlock(isRepeated: boolean): boolean {
    return this.#requests.fields.begin(isRepeated);
  }

  onField(field: RequestField): void {
    this.#requests.fields.onField(field);
  }

  onBlockOpen(isOpen: boolean): void {
    this.#times.blockOpen(isOpen);
  }

  onStream(stream: SessionStream): void {
    this.#requests.begin(stream);
  }

  onFields(stream: SessionStream, isEnd: boolean): boolean {
    return isEnd && this.#requests.takeTrailers(stream);
  }

  onSettingsAck(): void {
    this.#times.started();
  }

  onStreamClosed(): void {
    if (this.hasStreams) return;
    this.#times.rests();
    if (this.#isEnding) setImmediate(this.#endWhenEmpty);
  }

  onFailed(error: ConnectionError): void {
    this.fault ??= new SluiceError("client_aborted", `the client's session: ${error.message}`);
    this.#endNow(error.code);
  }

  ping(): void {
    this.#session.ping(PING);
  }

  onLate(message: string): void {
    this.#session.fail(new ConnectionError(CODE.settingsTimeout, message));
  }

  onRested(): void {
    this.#endWithStreams();
  }

  onVanished(): void {
    this.fault = new SluiceError("client_aborted", "the client does not answer any more");
    this.#close();
    this.sender.reset(); // it hears nothing any more
  }

  /** Who does not read what we send is not read. */
  #holdBack(): void {
    if (this.#isOver || this.#isPaused === !this.#session.takesFrames) return;
    this.#isPaused = !this.#isPaused;
    if (this.#isPaused) this.sender.socket.pause();
    else this.sender.socket.resume();
  }

  #endWithStreams(): void {
    if (this.#isOver || this.#isEnding) return;
    this.#isEnding = true;
    this.#session.refuseStreams();
    this.#endWhenEmpty();
  }

  readonly #onStuck = (): void => {
    this.fault = new SluiceError("client_write_timeout");
    this.#close();
    this.sender.reset();
  };

  #gone(message: string): void {
    if (this.#isOver) return;
    this.fault ??= new SluiceError("client_aborted", message);
    this.#close();
  }

  /** Nothing more can be said to it. */
  #close(): void {
    this.#leave();
    this.#session.end(CODE.cancel);
    this.#owner.closed(this);
  }

  readonly #endWhenEmpty = (): void => {
    if (!this.#isOver && !this.hasStreams) this.#endNow(CODE.noError);
  };

  /** What may leave does; then our half ends, and the client may end its own. */
  #endNow(code: number): void {
    this.#session.end(code);
    this.#leave();
    new Lingering(this.sender.letGo(), {
      deadlines: this.options.deadlines,
      output: this.#output,
      hasEnded: this.#hasEnded,
      isUnread: false,
      closed: () => this.#owner.closed(this),
    });
  }

  #leave(): void {
    this.#isOver = true;
    this.sender.own?.logins.close();
    this.#output.stop();
    this.#times.stop();
  }
}
