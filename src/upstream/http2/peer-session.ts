// A session with a peer, of which we are the client, on its wire: frames for the exchanges that are
// open on it, and for its connection what concerns them all.

import type { Socket } from "node:net";
import type { SingleField } from "../../http1/single-fields.ts";
import { settingsFrame } from "../../http2/frame-writer.ts";
import { HTTP2_LIMITS } from "../../http2/limits.ts";
import { CODE, ConnectionError, SETTING } from "../../http2/protocol.ts";
import { Session } from "../../http2/session.ts";
import type { SessionOwner } from "../../http2/session-owner.ts";
import type { SessionStream } from "../../http2/session-stream.ts";
import type { Surroundings } from "../surroundings.ts";
import { Http2Exchange } from "./exchange.ts";
import { ResponseFields, responseField } from "./response-fields.ts";
import { Wire, type WireOwner } from "./wire.ts";

export interface PeerSessionOwner {
  /** Something came. */
  onHeard(): void;
  onSettings(): void;
  onGoaway(lastStream: number, code: number): void;
  /** The peer broke the rules of a connection; exchanges are to be told yet. */
  onBroken(error: ConnectionError): void;
  /** Nothing can be sent any more; what came is still read. */
  onDeaf(): void;
  /** The connection has ended. */
  onLost(cause?: Error): void;
}

const NOT_HTTP2 = "HTTP/1.";

export class PeerSession implements SessionOwner<SingleField>, WireOwner {
  readonly frames: Session<SingleField>;
  readonly wire: Wire;
  readonly #owner: PeerSessionOwner;
  readonly #fields: ResponseFields;
  #hasSettings = false;

  constructor(
    socket: Socket,
    { deadlines, limits }: Pick<Surroundings, "deadlines" | "limits">,
    owner: PeerSessionOwner,
  ) {
    const { headBytesMax } = limits.codec;
    this.#owner = owner;
    this.#fields = new ResponseFields(limits.codec);
    this.wire = new Wire(socket, this);
    this.frames = new Session(this, {
      isClient: true,
      makeField: responseField,
      blockBytesMax: headBytesMax + HTTP2_LIMITS.peersRefusedBlockBytes,
      nowMs: () => deadlines.nowMs,
    });
    this.frames.begin(
      settingsFrame([
        [SETTING.enablePush, 0],
        [SETTING.initialWindowSize, HTTP2_LIMITS.downloadWindowBytes],
        [SETTING.maxHeaderListSize, headBytesMax],
      ]),
    );
  }

  /** For good. Users of streams are told, with this code. */
  end(code: number): void {
    this.frames.end(code);
    this.wire.destroy();
  }

  // What the session tells.

  send(data: string | Buffer): boolean {
    return this.wire.send(data);
  }

  onBlock(): boolean {
    this.#fields.begin();
    return false;
  }

  onField(field: SingleField): void {
    this.#fields.onField(field);
  }

  onBlockOpen(): void {}

  /** A peer opens none: the session refuses that. */
  onStream(): void {}

  onFields({ user }: SessionStream, isEnd: boolean): boolean {
    return user instanceof Http2Exchange && user.takeFields(this.#fields, isEnd);
  }

  onSettings(): void {
    this.#hasSettings = true;
    this.#owner.onSettings();
  }

  onSettingsAck(): void {}

  onGoaway(lastStream: number, code: number): void {
    this.#owner.onGoaway(lastStream, code);
  }

  onStreamClosed(): void {}

  onFailed(error: ConnectionError): void {
    this.#owner.onBroken(error);
  }

  // What the wire tells.

  get takesFrames(): boolean {
    return this.frames.takesFrames;
  }

  onRead(bytes: Buffer): void {
    const start = this.#hasSettings ? "" : bytes.toString("latin1", 0, NOT_HTTP2.length);
    if (start === NOT_HTTP2) {
      return this.#owner.onBroken(new ConnectionError(CODE.protocolError, "HTTP/1"));
    }
    this.#owner.onHeard();
    this.frames.take(bytes);
  }

  onRoom(): void {
    this.frames.outbox.unblock();
  }

  onDeaf(): void {
    this.#owner.onDeaf();
  }

  onLost(cause?: Error): void {
    this.#owner.onLost(cause);
  }
}
