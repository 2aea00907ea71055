// Frames in: bytes as they come, whole frames out, each checked for what its kind may be (RFC 9113
// section 6). A header block that came in pieces is put together here, bounded. What a frame means
// for a stream is the session's.
//
//     length 24 │ type 8 │ flags 8 │ stream 31 │ payload

import { Preface } from "./preface.ts";
import {
  CODE,
  type ConnectionError,
  FLAG,
  FRAME,
  FRAME_BYTES,
  FRAME_HEAD_BYTES,
  wrong,
} from "./protocol.ts";

/** A part of bytes that the next read may overwrite. */
export interface ByteRange {
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
}

export interface FrameSink {
  /** False: no further frame is looked at until `take` is called again. */
  readonly takesFrames: boolean;
  /** @param frameBytes  of its whole payload, which is what windows count */
  onData(stream: number, data: ByteRange, frameBytes: number, isEnd: boolean): void;
  onHeaders(stream: number, block: ByteRange, isEnd: boolean): void;
  /** A header block has begun that goes on in another frame, or has come to its end. */
  onBlockOpen(isOpen: boolean): void;
  onReset(stream: number, code: number): void;
  onSettings(payload: ByteRange): void;
  onSettingsAck(): void;
  onPing(payload: ByteRange, isAck: boolean): void;
  onGoaway(lastStream: number, code: number): void;
  onWindowUpdate(stream: number, increment: number): void;
  /** A frame that means nothing here: a priority, or a kind that nobody knows. */
  onIgnored(): void;
  /** A frame that is wrong for its stream alone. */
  onStreamError(stream: number, code: number, message: string): void;
}

export interface ReaderOptions {
  /** Of one header block, as it comes. */
  readonly blockBytesMax: number;
  /** The other side is a client: it begins with its preface. */
  readonly hasPreface: boolean;
}

export class FrameReader {
  readonly #sink: FrameSink;
  readonly #blockBytesMax: number;
  /** Null: the other side is no client, and has none. */
  readonly #preface: Preface | null;
  /** What came of a frame that is not whole. */
  #pending: Buffer | null = null;
  #hasSettings = false;
  /** Stream of the header block that goes on; 0: none. */
  #blockStream = 0;
  #blockIsEnd = false;
  #blockParts: Buffer[] = [];
  #blockBytes = 0;

  constructor(sink: FrameSink, { blockBytesMax, hasPreface }: ReaderOptions) {
    this.#sink = sink;
    this.#blockBytesMax = blockBytesMax;
    this.#preface = hasPreface ? new Preface() : null;
  }

  /** Something has come of a frame that is not whole. */
  get isWithinFrame(): boolean {
    return this.#pending !== null;
  }

  /**
   * Throws ConnectionError; nothing is to be read after that.
   *
   * @param bytes  may be overwritten after this call; none: to go on with what waits
   */
  take(bytes: Buffer): void {
    const preface = this.#preface;
    const fresh = preface === null || preface.isWhole ? bytes : preface.take(bytes);
    const all = this.#pending === null ? fresh : Buffer.concat([this.#pending, fresh]);
    this.#pending = null;
    let at = 0;
    while (this.#sink.takesFrames && all.length - at >= FRAME_HEAD_BYTES) {
      const length = ((all[at] ?? 0) << 16) | ((all[at + 1] ?? 0) << 8) | (all[at + 2] ?? 0);
      if (length > FRAME_BYTES) throw wrong(CODE.frameSizeError, "a frame that is too large");
      const end = at + FRAME_HEAD_BYTES + length;
      if (end > all.length) break;
      const stream = all.readUInt32BE(at + 5) & 0x7fffffff;
      const range = { bytes: all, start: at + FRAME_HEAD_BYTES, end };
      this.#frame(all[at + 3] ?? 0, all[at + 4] ?? 0, stream, range);
      at = end;
    }
    if (at === all.length) return;
    const rest = all.subarray(at);
    this.#pending = all === fresh ? Buffer.from(rest) : rest;
  }

  #frame(type: number, flags: number, stream: number, payload: ByteRange): void {
    if (!this.#hasSettings) {
      if (type !== FRAME.settings || (flags & FLAG.ack) !== 0) {
        throw protocolError("a connection that does not begin with SETTINGS");
      }
      this.#hasSettings = true;
    }
    if (this.#blockStream !== 0 && (type !== FRAME.continuation || stream !== this.#blockStream)) {
      throw protocolError("a frame within a header block");
    }
    const length = payload.end - payload.start;
    switch (type) {
      case FRAME.data:
        return this.#data(flags, ofStream(stream), payload);
      case FRAME.headers:
        return this.#headers(flags, ofStream(stream), payload);
      case FRAME.continuation:
        return this.#continuation(flags, stream, payload);
      case FRAME.windowUpdate:
        return this.#windowUpdate(stream, payload);
      case FRAME.reset:
        sized(length, 4);
        return this.#sink.onReset(ofStream(stream), payload.bytes.readUInt32BE(payload.start));
      case FRAME.priority:
        return this.#priority(ofStream(stream), length);
      case FRAME.settings:
        return this.#settings(flags, ofConnection(stream), payload);
      case FRAME.ping:
        sized(length, 8);
        ofConnection(stream);
        return this.#sink.onPing(payload, (flags & FLAG.ack) !== 0);
      case FRAME.goaway:
        return this.#goaway(ofConnection(stream), payload);
      case FRAME.pushPromise:
        throw protocolError("a PUSH_PROMISE");
      default:
        this.#sink.onIgnored();
    }
  }

  #data(flags: number, stream: number, payload: ByteRange): void {
    const data = (flags & FLAG.padded) === 0 ? payload : withoutPadding(payload, 0);
    const isEnd = (flags & FLAG.endStream) !== 0;
    this.#sink.onData(stream, data, payload.end - payload.start, isEnd);
  }

  #headers(flags: number, stream: number, payload: ByteRange): void {
    const isPlain = (flags & (FLAG.priority | FLAG.padded)) === 0;
    const block = isPlain ? payload : withoutPrefix(payload, flags);
    if (block.start > block.end) throw wrong(CODE.frameSizeError, "HEADERS without its priority");
    const isEnd = (flags & FLAG.endStream) !== 0;
    if ((flags & FLAG.endHeaders) !== 0) return this.#sink.onHeaders(stream, block, isEnd);
    this.#blockStream = stream;
    this.#blockIsEnd = isEnd;
    this.#addToBlock(block);
    this.#sink.onBlockOpen(true);
  }

  #continuation(flags: number, stream: number, payload: ByteRange): void {
    if (this.#blockStream === 0) throw protocolError("a CONTINUATION of nothing");
    this.#addToBlock(payload);
    if ((flags & FLAG.endHeaders) === 0) return this.#sink.onIgnored();
    const bytes = Buffer.concat(this.#blockParts);
    this.#blockParts = [];
    this.#blockBytes = 0;
    this.#blockStream = 0;
    this.#sink.onBlockOpen(false);
    this.#sink.onHeaders(stream, { bytes, start: 0, end: bytes.length }, this.#blockIsEnd);
  }

  #addToBlock({ bytes, start, end }: ByteRange): void {
    this.#blockBytes += end - start;
    if (this.#blockBytes > this.#blockBytesMax) {
      throw wrong(CODE.enhanceYourCalm, "a header block that does not end");
    }
    if (end > start) this.#blockParts.push(Buffer.from(bytes.subarray(start, end)));
  }

  #windowUpdate(stream: number, payload: ByteRange): void {
    sized(payload.end - payload.start, 4);
    const increment = payload.bytes.readUInt32BE(payload.start) & 0x7fffffff;
    if (increment > 0) return this.#sink.onWindowUpdate(stream, increment);
    if (stream === 0) throw protocolError("a WINDOW_UPDATE of 0");
    this.#sink.onStreamError(stream, CODE.protocolError, "a WINDOW_UPDATE of 0");
  }

  /** Obsolete (RFC 9113 section 5.3.2). */
  #priority(stream: number, length: number): void {
    if (length === 5) this.#sink.onIgnored();
    else this.#sink.onStreamError(stream, CODE.frameSizeError, "a PRIORITY of another size");
  }

  #settings(flags: number, _connection: number, payload: ByteRange): void {
    const length = payload.end - payload.start;
    if ((flags & FLAG.ack) !== 0) {
      sized(length, 0);
      this.#sink.onSettingsAck();
      return;
    }
    if (length % 6 !== 0) throw wrong(CODE.frameSizeError, "SETTINGS of another size");
    this.#sink.onSettings(payload);
  }

  #goaway(_connection: number, { bytes, start, end }: ByteRange): void {
    if (end - start < 8) throw wrong(CODE.frameSizeError, "a GOAWAY that is too short");
    this.#sink.onGoaway(bytes.readUInt32BE(start) & 0x7fffffff, bytes.readUInt32BE(start + 4));
  }
}

/** The header block, behind what may stand in front of it. */
function withoutPrefix(payload: ByteRange, flags: number): ByteRange {
  const priorityBytes = (flags & FLAG.priority) === 0 ? 0 : 5;
  if ((flags & FLAG.padded) !== 0) return withoutPadding(payload, priorityBytes);
  return { bytes: payload.bytes, start: payload.start + priorityBytes, end: payload.end };
}

function withoutPadding({ bytes, start, end }: ByteRange, priorityBytes: number): ByteRange {
  if (start === end) throw wrong(CODE.frameSizeError, "a padded frame without a length");
  const padding = bytes[start] ?? 0;
  const from = start + 1 + priorityBytes;
  if (from + padding > end) throw protocolError("a padding that is longer than its frame");
  return { bytes, start: from, end: end - padding };
}

function ofStream(stream: number): number {
  if (stream === 0) throw protocolError("a stream's frame on stream 0");
  return stream;
}

function ofConnection(stream: number): number {
  if (stream !== 0) throw protocolError("a connection's frame on a stream");
  return stream;
}

function sized(length: number, expected: number): void {
  if (length !== expected) throw wrong(CODE.frameSizeError, "a frame of another size");
}

const protocolError = (message: string): ConnectionError => wrong(CODE.protocolError, message);
