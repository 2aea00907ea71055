// What a session needs of who has it: a way out, and somebody who knows what fields mean.

import type { FieldSink } from "./hpack-decoder.ts";
import type { ConnectionError } from "./protocol.ts";
import type { SessionStream } from "./session-stream.ts";

/** Who has the session; fields of a block come through `onField` before what they are of. */
export interface SessionOwner<Field> extends FieldSink<Field> {
  /** Latin1 text, or bytes. False: wait until `outbox.unblock` is called. */
  send(data: string | Buffer): boolean;
  /** The fields that come are of a new block. */
  onBlock(): void;
  /** A header block is open, or is whole again. */
  onBlockOpen(isOpen: boolean): void;
  /** The other side has opened a stream, with the fields that came. */
  onStream(stream: SessionStream): void;
  /** Fields came behind the body of a stream. False: they are not valid. */
  onTrailers(stream: SessionStream): boolean;
  onPong(): void;
  /** Our settings are the other side's. */
  onSettingsAck(): void;
  /** A stream is gone. */
  onStreamClosed(): void;
  /** The other side was told why the session ends; its streams are to be told yet. */
  onFailed(error: ConnectionError): void;
}

export interface SessionOptions<Field> {
  readonly makeField: (name: string, value: string) => Field;
  /** Of one header block, as it comes. */
  readonly blockBytesMax: number;
  /** A monotonic clock, which may be coarse. */
  readonly nowMs: () => number;
}
