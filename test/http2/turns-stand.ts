// A session of a server with answers to send, and its client on a wire that may be shut: what came
// of each, whether it was let come, and whether it is what was written.

import assert from "node:assert/strict";
import { FrameReader } from "../../src/http2/frame-reader.ts";
import type { TableField } from "../../src/http2/hpack-decoder.ts";
import { Session } from "../../src/http2/session.ts";
import type { SessionStream } from "../../src/http2/session-stream.ts";
import { BEGINNING, get, headers, reset, settings, windowUpdate } from "../support/http2-client.ts";

const OK = "\x88";
const CANCEL = 8;
const INTERNAL_ERROR = 2;
const INITIAL_WINDOW = 4;
const WINDOW_BYTES = 65_535;

const ignore = (): void => {};
const nextPass = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Of each body: what is lost, doubled or moved shows. */
function bodyPart(id: number, from: number, bytes: number): Buffer {
  const part = Buffer.alloc(bytes);
  for (let i = 0; i < bytes; i++) part[i] = id * 31 + from + i + ((from + i) >> 8);
  return part;
}

export interface Plan {
  /** Sizes of what is written of the body, one after the other. */
  readonly chunks: readonly number[];
  readonly hasTrailers: boolean;
}

/** An answer that is written chunk by chunk, as room is there. */
export class Answer {
  readonly stream: SessionStream;
  readonly wholeBytes: number;
  readonly #session: Session<TableField>;
  readonly #chunks: number[];
  readonly #hasTrailers: boolean;
  #at = 0;
  #mayWrite = true;
  #isEnded = false;

  constructor(session: Session<TableField>, stream: SessionStream, plan: Plan) {
    this.stream = stream;
    this.#session = session;
    this.#chunks = [...plan.chunks];
    this.#hasTrailers = plan.hasTrailers;
    this.wholeBytes = plan.chunks.reduce((sum, bytes) => sum + bytes, 0);
    stream.user = {
      ...{ onData: ignore, onEnd: ignore, onReset: ignore, onClosed: ignore },
      onRoom: () => {
        this.#mayWrite = true;
      },
    };
    session.streams.sendHeaders(stream, OK, false);
  }

  /** False: it has nothing to write, or may not. */
  goOn(): boolean {
    if (!this.#mayWrite || this.#isEnded || this.stream.isClosed) return false;
    const { streams } = this.#session;
    const bytes = this.#chunks.shift();
    if (bytes === undefined) {
      this.#isEnded = true;
      streams.sendEnd(this.stream, this.#hasTrailers ? OK : "");
      streams.finish(this.stream);
      return true;
    }
    const chunk = bodyPart(this.stream.id, this.#at, bytes);
    this.#at += bytes;
    this.#mayWrite = streams.sendData(this.stream, chunk, false);
    return true;
  }
}

/** What the client has of one stream. */
interface Got {
  bytes: number;
  isEnded: boolean;
  /** So much more than the initial window was let come. */
  widerBytes: number;
}

const idOf = (at: number): number => 2 * at + 1;

export class TurnsStand {
  readonly answers: Answer[] = [];
  readonly session: Session<TableField>;
  isShut = false;
  readonly #plans: readonly Plan[];
  readonly #got = new Map<number, Got>();
  readonly #wire: Buffer[] = [];
  readonly #reader: FrameReader;
  /** The largest there was: what is on its way may be of it. */
  #initialBytes = WINDOW_BYTES;
  #windowBytes = WINDOW_BYTES;

  constructor(plans: readonly Plan[]) {
    this.#plans = plans;
    this.#reader = this.#client();
    this.session = this.#server();
    this.session.begin(settings().toString("latin1"));
    this.session.take(BEGINNING);
    for (const at of plans.keys()) {
      this.#got.set(idOf(at), { bytes: 0, isEnded: false, widerBytes: 0 });
      this.session.take(headers(idOf(at), get()));
    }
  }

  /** How many bytes came of that answer, and whether its end did. */
  came(at: number): [bytes: number, isEnded: boolean] {
    const { bytes, isEnded } = this.#gotOf(idOf(at));
    return [bytes, isEnded];
  }

  writeAll(): void {
    for (const answer of this.answers) while (answer.goOn());
  }

  async pass(): Promise<void> {
    await nextPass();
    for (const bytes of this.#wire.splice(0)) this.#reader.take(bytes);
  }

  // What the client does.

  open(): void {
    this.isShut = false;
    this.session.outbox.unblock();
  }

  widen(at: number, bytes: number): void {
    this.#gotOf(idOf(at)).widerBytes += bytes;
    this.session.take(windowUpdate(idOf(at), bytes));
  }

  widenAll(bytes: number): void {
    this.#windowBytes += bytes;
    this.session.take(windowUpdate(0, bytes));
  }

  changeInitial(bytes: number): void {
    this.#initialBytes = Math.max(this.#initialBytes, bytes);
    this.session.take(settings([[INITIAL_WINDOW, bytes]]));
  }

  leave(at: number): void {
    this.session.take(reset(idOf(at), CANCEL));
  }

  /** The server does. */
  breakOff(at: number): void {
    const answer = this.answers[at];
    if (answer !== undefined) this.session.streams.reset(answer.stream, INTERNAL_ERROR);
  }

  #client(): FrameReader {
    const sink = {
      ...{ takesFrames: true, onBlockOpen: ignore, onReset: ignore, onSettings: ignore },
      ...{ onSettingsAck: ignore, onPing: ignore, onWindowUpdate: ignore, onIgnored: ignore },
      onStreamError: ignore,
      onGoaway: (_last: number, code: number) => assert.fail(`GOAWAY ${code}`),
    };
    return new FrameReader(
      {
        ...sink,
        onHeaders: (id, _block, isEnd) => this.#take(id, null, isEnd),
        onData: (id, { bytes, start, end }, _frameBytes, isEnd) =>
          this.#take(id, bytes.subarray(start, end), isEnd),
      },
      { blockBytesMax: 65_536, hasPreface: false },
    );
  }

  #server(): Session<TableField> {
    return new Session<TableField>(
      {
        ...{ onField: ignore, onBlockOpen: ignore, onSettingsAck: ignore },
        ...{ onStreamClosed: ignore, onFailed: (error) => assert.fail(error) },
        onBlock: () => false,
        onStream: (stream) => {
          const plan = this.#plans[this.answers.length];
          if (plan !== undefined) this.answers.push(new Answer(this.session, stream, plan));
        },
        onFields: () => true,
        send: (data) => {
          this.#wire.push(typeof data === "string" ? Buffer.from(data, "latin1") : data);
          return !this.isShut;
        },
      },
      {
        ...{ isClient: false, blockBytesMax: 4_096, nowMs: () => 1 },
        makeField: (name, value) => ({ name, bytes: name.length + value.length }),
      },
    );
  }

  #take(id: number, data: Buffer | null, isEnd: boolean): void {
    const got = this.#gotOf(id);
    assert.ok(!got.isEnded, "something came behind the end");
    got.isEnded = isEnd;
    if (data === null) return;
    assert.ok(data.equals(bodyPart(id, got.bytes, data.length)), "other bytes");
    got.bytes += data.length;
    this.#windowBytes -= data.length;
    assert.ok(this.#windowBytes >= 0, "more than the connection's window");
    assert.ok(got.bytes <= this.#initialBytes + got.widerBytes, "more than its window");
  }

  #gotOf(id: number): Got {
    const got = this.#got.get(id);
    assert.ok(got !== undefined, "a stream that was not opened");
    return got;
  }
}
