// What a client on a stub sends in each round: the same request again and again, as HTTP/1.1, or on
// streams of one session of HTTP/2, with fields that are in its table by then.

import {
  headersFrames,
  SETTINGS_ACK,
  settingsFrame,
  windowUpdateFrame,
} from "../../src/http2/frame-writer.ts";
import {
  FRAME_HEAD_BYTES,
  PREFACE,
  SETTING,
  WINDOW_BYTES,
  WINDOW_BYTES_MAX,
} from "../../src/http2/protocol.ts";
import { STATIC_TABLE } from "../../src/http2/static-table.ts";
import { HEADS, type HeadName } from "../heads.ts";

const AUTHORITY = "127.0.0.1:8080";

export interface Requests {
  /** In front of the first ones; null: nothing. */
  readonly begin: Buffer | null;
  /** Of the next round. */
  next(): Buffer;
}

export function http1Requests(head: HeadName): Requests {
  const lines = ["GET / HTTP/1.1", `Host: ${AUTHORITY}`, ...HEADS[head], "", ""];
  const request = Buffer.from(lines.join("\r\n"));
  return { begin: null, next: () => request };
}

/** So many at once, in one read. All answers of a bench fit into the windows. */
export function http2Requests(head: HeadName, streams: number): Requests {
  const fields: [string, string][] = [
    [":method", "GET"],
    [":scheme", "http"],
    [":authority", AUTHORITY],
    [":path", "/"],
    ...HEADS[head].filter(isOfMessage).map(splitLine),
  ];
  const kept = fields.map(([name, value]) => `\x40${textOf(name)}${textOf(value)}`).join("");
  // the newest field of the table has the first number behind those of the static one
  const known = fields.map((_, i) => indexed(STATIC_TABLE.length + fields.length - i)).join("");
  const windows = settingsFrame([[SETTING.initialWindowSize, WINDOW_BYTES_MAX]]);
  const window = windowUpdateFrame(0, WINDOW_BYTES_MAX - WINDOW_BYTES);
  const framesOf = (first: string): Buffer => {
    const blocks = Array.from({ length: streams }, (_, i) => (i === 0 ? first : known));
    return Buffer.from(blocks.map((block) => headersFrames(0, block, true)).join(""), "latin1");
  };
  const [first, later] = [framesOf(kept), framesOf(known)];
  let stream = 1;
  return {
    begin: Buffer.from(PREFACE + windows + SETTINGS_ACK + window, "latin1"),
    next() {
      const frames = stream === 1 ? first : later;
      for (let at = 0; at < frames.length; at += FRAME_HEAD_BYTES + frames.readUIntBE(at, 3)) {
        frames.writeUInt32BE(stream, at + FRAME_HEAD_BYTES - 4);
        stream += 2;
      }
      return frames;
    },
  };
}

const isOfMessage = (line: string): boolean => !line.startsWith("Connection");

function splitLine(line: string): [name: string, value: string] {
  const colon = line.indexOf(":");
  return [line.slice(0, colon).toLowerCase(), line.slice(colon + 2)];
}

const indexed = (index: number): string => String.fromCharCode(0x80 | index);

/** Without Huffman, and shorter than 254 bytes. */
const textOf = (text: string): string =>
  text.length < 127
    ? String.fromCharCode(text.length) + text
    : String.fromCharCode(127, text.length - 127) + text;
