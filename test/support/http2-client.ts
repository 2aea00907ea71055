// An end of HTTP/2, the client unless said otherwise, that may say anything: frames as they are,
// right or wrong, and what comes back as it came.

import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { FrameReader } from "../../src/http2/frame-reader.ts";
import { HpackDecoder } from "../../src/http2/hpack-decoder.ts";
import { FRAME_BYTES, PREFACE } from "../../src/http2/protocol.ts";
import { Changes } from "./changes.ts";

export type Fields = readonly (readonly [name: string, value: string])[];

const NO_BYTES = Buffer.alloc(0);
const ZERO = Buffer.from([0]);

/** A frame as the wire has it. */
export function frame(
  type: number,
  flags: number,
  stream: number,
  payload: Buffer = NO_BYTES,
): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** Literals without anything, so that what is sent is what was meant. */
export function block(fields: Fields): Buffer {
  return Buffer.concat(
    fields.map(([name, value]) => Buffer.concat([ZERO, text(name), text(value)])),
  );
}

export const get = (path = "/", ...more: Fields): Fields => [
  [":method", "GET"],
  [":scheme", "http"],
  [":path", path],
  [":authority", "a.example"],
  ...more,
];

export const post = (...more: Fields): Fields => [
  [":method", "POST"],
  ...get("/").slice(1),
  ...more,
];

/** HEADERS in one frame. */
export const headers = (stream: number, fields: Fields, isEnd = true): Buffer =>
  frame(1, isEnd ? 5 : 4, stream, block(fields));

/** The same in as many frames as it takes. */
export function largeHeaders(stream: number, fields: Fields): Buffer {
  const whole = block(fields);
  const frames: Buffer[] = [];
  for (let at = 0; at < whole.length; at += FRAME_BYTES) {
    const flags = (at === 0 ? 1 : 0) | (at + FRAME_BYTES < whole.length ? 0 : 4);
    frames.push(frame(at === 0 ? 1 : 9, flags, stream, whole.subarray(at, at + FRAME_BYTES)));
  }
  return Buffer.concat(frames);
}

export const data = (stream: number, bytes: string | Buffer, isEnd = false): Buffer =>
  frame(0, isEnd ? 1 : 0, stream, typeof bytes === "string" ? Buffer.from(bytes) : bytes);

export const reset = (stream: number, code: number): Buffer => frame(3, 0, stream, uint32(code));

export const windowUpdate = (stream: number, bytes: number): Buffer =>
  frame(8, 0, stream, uint32(bytes));

export function settings(values: readonly (readonly [id: number, value: number])[] = []): Buffer {
  const payload = Buffer.alloc(6 * values.length);
  for (const [index, [id, value]] of values.entries()) {
    payload.writeUInt16BE(id, 6 * index);
    payload.writeUInt32BE(value, 6 * index + 2);
  }
  return frame(4, 0, 0, payload);
}

export const SETTINGS_ACK = frame(4, 1, 0);
/** What a client begins with. */
export const BEGINNING = Buffer.concat([Buffer.from(PREFACE), settings(), SETTINGS_ACK]);

/** What came on one stream. */
export interface Came {
  readonly statuses: string[];
  readonly fields: [string, string][];
  body: string;
  isEnded: boolean;
  /** Code of a reset; -1: none came. */
  resetCode: number;
}

export class RawHttp2 {
  readonly socket: Socket;
  readonly streams = new Map<number, Came>();
  /** Last stream and code of each. */
  readonly goaways: [number, number][] = [];
  pongs = 0;
  /** What the other side asks with. */
  readonly pings: Buffer[] = [];
  acks = 0;
  windowBytes = 0;
  isClosed = false;
  /** How the connection ended, for a failure to show. */
  #end = "no error";
  readonly #fields: [string, string][] = [];
  readonly #changes = new Changes();

  constructor(socket: Socket, isServer = false) {
    this.socket = socket;
    const decoder = new HpackDecoder((name, value) => ({ name, value, bytes: 0 }));
    const sink = {
      onField: ({ name, value }: { name: string; value: string }) => {
        this.#fields.push([name, value]);
      },
    };
    const reader = new FrameReader(
      {
        takesFrames: true,
        onHeaders: (id, { bytes, start, end }, isEnd) => {
          decoder.decode(bytes, start, end, sink);
          this.#headers(this.stream(id), isEnd);
        },
        onData: (id, { bytes, start, end }, _bytes, isEnd) => {
          const came = this.stream(id);
          came.body += bytes.toString("latin1", start, end);
          came.isEnded ||= isEnd;
        },
        onReset: (id, code) => {
          this.stream(id).resetCode = code;
        },
        onGoaway: (last, code) => void this.goaways.push([last, code]),
        onPing: ({ bytes, start, end }, isAck) => {
          if (isAck) this.pongs++;
          else this.pings.push(Buffer.from(bytes.subarray(start, end)));
        },
        onSettings: () => {},
        onSettingsAck: () => void this.acks++,
        onWindowUpdate: (_id, bytes) => {
          this.windowBytes += bytes;
        },
        onBlockOpen: () => {},
        onIgnored: () => {},
        onStreamError: () => {},
      },
      { blockBytesMax: 1_048_576, hasPreface: isServer },
    );
    socket.on("data", (bytes: Buffer) => {
      reader.take(bytes);
      this.#changes.tell();
    });
    socket.on("error", ({ message }) => {
      this.#end = message;
    });
    socket.on("close", () => {
      this.isClosed = true;
      this.#changes.tell();
    });
  }

  static async connect(port: number, beginning: Buffer = BEGINNING): Promise<RawHttp2> {
    const socket = connect(port, "127.0.0.1");
    await once(socket, "connect");
    const client = new RawHttp2(socket);
    client.send(beginning);
    return client;
  }

  send(...frames: readonly Buffer[]): void {
    this.socket.write(Buffer.concat(frames));
  }

  stream(id: number): Came {
    const known = this.streams.get(id);
    if (known !== undefined) return known;
    const came = { statuses: [], fields: [], body: "", isEnded: false, resetCode: -1 };
    this.streams.set(id, came);
    return came;
  }

  /** Rejects when the connection is closed and it is not so, or it is not so in time. */
  async until(isSo: () => boolean): Promise<void> {
    const isSoNow = (): boolean => {
      if (!isSo() && this.isClosed) throw new Error(`the connection is closed: ${this.#state}`);
      return isSo();
    };
    await this.#changes.until(isSoNow, () => this.#state);
  }

  /** When its answer is whole, or it is broken off. */
  async ended(id: number): Promise<Came> {
    const came = this.stream(id);
    await this.until(() => came.isEnded || came.resetCode !== -1);
    return came;
  }

  /** The code of the GOAWAY that ends it; -1: there was none. */
  async closed(): Promise<number> {
    await this.#changes.until(
      () => this.isClosed,
      () => this.#state,
    );
    return this.goaways.at(-1)?.[1] ?? -1;
  }

  get #state(): string {
    const streams = JSON.stringify(Object.fromEntries(this.streams)).slice(0, 500);
    return `${this.#end}, GOAWAYs ${JSON.stringify(this.goaways)}, streams ${streams}`;
  }

  [Symbol.dispose](): void {
    this.socket.destroy();
  }

  #headers(came: Came, isEnd: boolean): void {
    for (const field of this.#fields.splice(0)) {
      if (field[0] === ":status") came.statuses.push(field[1]);
      came.fields.push(field);
    }
    came.isEnded ||= isEnd;
  }
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function text(value: string): Buffer {
  const { length } = value;
  const head: number[] = length < 127 ? [length] : [127];
  if (length >= 127) {
    let rest = length - 127;
    for (; rest >= 128; rest >>= 7) head.push((rest & 127) | 128);
    head.push(rest);
  }
  return Buffer.concat([Buffer.from(head), Buffer.from(value, "latin1")]);
}
