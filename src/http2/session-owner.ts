// What a session needs of who has it: a way out, and somebody who knows what fields mean.

import type { FieldSink } from "./hpack-decoder.ts";
import type { ConnectionError } from "./protocol.ts";
import type { SessionStream } from "./session-stream.ts";

/** Who has the session; fields of a block come through `onField` before what they are of. */
export interface SessionOwner<Field> extends FieldSink<Field> {
  /** Latin1 text, or bytes. False: wait until `outbox.unblock` is called. */
  send(data: string | Buffer): boolean;
  /**
   * The fields that come are of a new block.
   *
   * @param isRepeated  they are those of the block before, in the same order
   * @returns true for such a block: they need not come
   */
  onBlock(isRepeated: boolean): boolean;
  /** A header block is open, or is whole again. */
  onBlockOpen(isOpen: boolean): void;
  /** The other side has opened a stream, with the fields that came. */
  onStream(stream: SessionStream): void;
  /** Fields came on a stream that is there. False: they are not valid. */
  onFields(stream: SessionStream, isEnd: boolean): boolean;
  /** The other side has said what it takes; left out: nobody wants to know. */
  onSettings?(): void;
  /** Our settings are the other side's. */
  onSettingsAck(): void;
  /** A server serves no stream of ours above this one. Left out: the other side is a client. */
  onGoaway?(lastStream: number, code: number): void;
  /** A stream is gone. */
  onStreamClosed(): void;
  /** The other side was told why the session ends; its streams are to be told yet. */
  onFailed(error: ConnectionError): void;
}

export interface SessionOptions<Field> {
  /** We are the client: streams are ours to open. */
  readonly isClient: boolean;
  readonly makeField: (name: string, value: string) => Field;
  /** Of one header block, as it comes. */
  readonly blockBytesMax: number;
  /** A monotonic clock, which may be coarse. */
  readonly nowMs: () => number;
  /**
   * Our part of the stream is whole, and the other side's is not: who has the session resets it.
   * Left out: the session does at once.
   */
  readonly answered?: (stream: SessionStream) => void;
}
