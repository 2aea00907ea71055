// A session of HTTP/2, as its client or its server: frames in, and what they do to streams, windows
// and settings. It knows field blocks, but not what fields mean, and no sockets, no times. What the
// other side could make it do without end costs of a budget; who empties it ends the session.

import { Budget } from "./budget.ts";
import { type ByteRange, FrameReader, type FrameSink } from "./frame-reader.ts";
import { goawayFrame, pingFrame, SETTINGS_ACK, windowUpdateFrame } from "./frame-writer.ts";
import { HpackDecoder, type TableField } from "./hpack-decoder.ts";
import { HTTP2_LIMITS } from "./limits.ts";
import { Outbox, type OutboxOwner } from "./outbox.ts";
import { CODE, ConnectionError, PREFACE, STREAM_ID_MAX, WINDOW_BYTES, wrong } from "./protocol.ts";
import type { SessionOptions, SessionOwner } from "./session-owner.ts";
import { NO_BYTES, type SessionStream } from "./session-stream.ts";
import { SessionWindow } from "./session-window.ts";
import { PeerSettings } from "./settings.ts";
import { Streams } from "./streams.ts";

export class Session<Field extends TableField> implements FrameSink, OutboxOwner {
  readonly outbox: Outbox;
  readonly streams: Streams;
  readonly #owner: SessionOwner<Field>;
  readonly #isClient: boolean;
  readonly #reader: FrameReader;
  readonly #decoder: HpackDecoder<Field>;
  readonly #settings = new PeerSettings();
  readonly #idleFrames: Budget;
  readonly #window = new SessionWindow(HTTP2_LIMITS.sessionWindowBytes);
  #isOver = false;
  /** Streams above it are not served any more. */
  #lastServed = STREAM_ID_MAX;

  constructor(owner: SessionOwner<Field>, options: SessionOptions<Field>) {
    const { nowMs, isClient, blockBytesMax } = options;
    this.outbox = new Outbox(this);
    this.outbox.isHeld = isClient; // who has an answer often asks again in the same pass
    this.streams = new Streams(this.outbox, {
      nowMs,
      lost: new Budget(isClient ? HTTP2_LIMITS.ownLostStreams : HTTP2_LIMITS.lostStreams, nowMs),
      closed: () => owner.onStreamClosed(),
      answered: options.answered ?? null,
    });
    this.#owner = owner;
    this.#isClient = isClient;
    this.#reader = new FrameReader(this, { blockBytesMax, hasPreface: !isClient });
    this.#decoder = new HpackDecoder(options.makeField);
    this.#idleFrames = new Budget(HTTP2_LIMITS.idleFrames, nowMs);
  }

  /** Begins with our settings and a window for the connection. */
  begin(settings: string): void {
    const more = HTTP2_LIMITS.sessionWindowBytes - WINDOW_BYTES;
    const preface = this.#isClient ? PREFACE : "";
    this.outbox.add(preface + settings + windowUpdateFrame(0, more));
  }

  get takesFrames(): boolean {
    return !this.#isOver && !this.outbox.isJammed;
  }

  /** How many streams of ours the other side takes at once. */
  get streamsMax(): number {
    return this.#settings.streamsMax;
  }

  /** Opens a stream of ours, with these fields. */
  open(block: string, isEnd: boolean): SessionStream {
    this.#idleFrames.earn(HTTP2_LIMITS.framesEarnedByStream);
    return this.streams.begin(block, isEnd, this.#settings.initialWindowBytes);
  }

  /** @param bytes  may be overwritten after this call; none: to go on with what waits */
  take(bytes: Buffer): void {
    if (this.#isOver) return;
    this.outbox.isHeld = true;
    try {
      this.#reader.take(bytes);
    } catch (thrown) {
      if (!(thrown instanceof ConnectionError)) throw thrown;
      this.fail(thrown);
    } finally {
      this.outbox.isHeld = this.#isClient;
    }
    if (this.streams.size === 0) this.outbox.hurry();
  }

  ping(payload: string): void {
    this.outbox.add(pingFrame(payload, false));
  }

  /** The other side should open no more streams; those that it does are served. */
  announceEnd(): void {
    this.outbox.add(goawayFrame(STREAM_ID_MAX, CODE.noError));
  }

  /** Streams that are opened from now on are not served, and may be repeated elsewhere. */
  refuseStreams(): void {
    this.#lastServed = this.streams.last;
    this.outbox.add(goawayFrame(this.#lastOfOthers, CODE.noError));
  }

  /** The other side is told why, and the session ends. */
  fail(error: ConnectionError): void {
    if (this.#isOver) return;
    this.outbox.add(goawayFrame(this.#lastOfOthers, error.code));
    this.#owner.onFailed(error);
    this.end(error.code);
  }

  /** Nothing more is read, what may leave has left. Users are told. */
  end(code: number): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.outbox.close();
    for (const stream of this.streams.all()) {
      this.streams.close(stream);
      stream.user?.onReset(code);
    }
  }

  send(data: string | Buffer): boolean {
    return this.#owner.send(data);
  }

  onSentWhole(stream: SessionStream): void {
    this.streams.sentWhole(stream);
  }

  onSentData(): void {
    this.#idleFrames.earn(HTTP2_LIMITS.framesEarnedByData);
  }

  onRoom(): void {
    if (this.#reader.isWithinFrame) this.take(NO_BYTES);
  }

  onHeaders(id: number, { bytes, start, end }: ByteRange, isEnd: boolean): void {
    const isRepeated = this.#decoder.isRepeated(bytes, start, end);
    if (!this.#owner.onBlock(isRepeated)) this.#decoder.decode(bytes, start, end, this.#owner);
    if (id <= this.streams.last) {
      const stream = this.streams.get(id);
      if (stream !== undefined) return this.#fields(stream, isEnd);
      if (this.streams.resets.has(id)) return this.onIgnored();
      throw wrong(CODE.streamClosed, "HEADERS on a closed stream");
    }
    const isTheirs = !this.#isClient && id % 2 === 1;
    if (!isTheirs) throw wrong(CODE.protocolError, "a stream that is not the other side's");
    this.streams.last = id;
    if (id > this.#lastServed) {
      if (!isEnd) this.streams.resets.add(id, WINDOW_BYTES);
      return this.onIgnored();
    }
    this.#idleFrames.earn(HTTP2_LIMITS.framesEarnedByStream);
    const opened = this.streams.open(id, isEnd, this.#settings.initialWindowBytes);
    if (opened !== null) this.#owner.onStream(opened);
  }

  onBlockOpen(isOpen: boolean): void {
    this.#owner.onBlockOpen(isOpen);
  }

  onGoaway(lastStream: number, code: number): void {
    this.onIgnored();
    this.#owner.onGoaway?.(lastStream, code);
  }

  onData(id: number, data: ByteRange, frameBytes: number, isEnd: boolean): void {
    const backBytes = this.#window.take(frameBytes);
    if (backBytes > 0) this.outbox.add(windowUpdateFrame(0, backBytes));
    const bytes = data.end - data.start;
    if (bytes === 0 && !isEnd) this.onIgnored();
    const stream = this.streams.get(id);
    if (stream === undefined) return this.#strayData(id, frameBytes);
    if (stream.isRemoteEnded) return this.streams.fault(stream, CODE.streamClosed);
    stream.receiveWindow -= frameBytes;
    if (stream.receiveWindow < 0) return this.streams.fault(stream, CODE.flowControlError);
    if (isEnd) stream.isRemoteEnded = true;
    if (frameBytes > bytes) this.streams.use(stream, frameBytes - bytes);
    if (stream.isFinished) this.streams.use(stream, bytes);
    else if (bytes > 0) stream.user?.onData(Buffer.from(data.bytes.subarray(data.start, data.end)));
    if (!isEnd || stream.isClosed) return;
    if (!stream.isFinished) stream.user?.onEnd();
    this.streams.settle(stream);
  }

  onReset(id: number, code: number): void {
    const stream = this.streams.known(id);
    if (stream === undefined) this.onIgnored();
    else this.streams.leave(stream, code);
  }

  onSettings(payload: ByteRange): void {
    this.onIgnored();
    const before = this.#settings.initialWindowBytes;
    this.#settings.take(payload);
    this.outbox.add(SETTINGS_ACK);
    const change = this.#settings.initialWindowBytes - before;
    if (change !== 0) for (const stream of this.streams.all()) this.streams.widen(stream, change);
    this.#owner.onSettings?.();
  }

  onSettingsAck(): void {
    this.onIgnored();
    this.#owner.onSettingsAck();
  }

  onPing({ bytes, start, end }: ByteRange, isAck: boolean): void {
    this.onIgnored();
    if (!isAck) this.outbox.add(pingFrame(bytes.toString("latin1", start, end), true));
  }

  onWindowUpdate(id: number, increment: number): void {
    this.onIgnored();
    if (id === 0) return this.outbox.widen(increment);
    const stream = this.streams.known(id);
    if (stream !== undefined) this.streams.openWindow(stream, increment);
  }

  /** A frame that moves nothing, as a GOAWAY: what is open goes on. */
  onIgnored(): void {
    if (!this.#idleFrames.spend()) throw wrong(CODE.enhanceYourCalm, "frames that move nothing");
  }

  onStreamError(id: number, code: number): void {
    const stream = this.streams.known(id);
    if (stream === undefined) this.onIgnored();
    else this.streams.fault(stream, code);
  }

  #fields(stream: SessionStream, isEnd: boolean): void {
    if (stream.isRemoteEnded) return this.streams.fault(stream, CODE.streamClosed);
    stream.isRemoteEnded = isEnd;
    const isFine = stream.isFinished ? isEnd : this.#owner.onFields(stream, isEnd);
    if (!isFine) return this.streams.fault(stream, CODE.protocolError);
    if (!isEnd || stream.isClosed) return;
    if (!stream.isFinished) stream.user?.onEnd();
    this.streams.settle(stream);
  }

  #strayData(id: number, bytes: number): void {
    if (this.streams.resets.take(id, bytes)) return;
    if (id > this.streams.last) throw wrong(CODE.protocolError, "DATA on a stream that is idle");
    if (id > this.#lastServed || this.streams.resets.has(id)) return this.onIgnored();
    throw wrong(CODE.streamClosed, "DATA on a closed stream");
  }

  /** The last stream that the other side opened. */
  get #lastOfOthers(): number {
    return this.#isClient ? 0 : this.streams.last;
  }
}
