// Frames out, as latin1 text: most are short, and text is put together and written in one piece
// for less than buffers cost.

import { FLAG, FRAME, FRAME_BYTES } from "./protocol.ts";

export interface FrameHead {
  readonly length: number;
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
}

export function frameHead({ length, type, flags, stream }: FrameHead): string {
  return String.fromCharCode(
    length >>> 16,
    (length >>> 8) & 255,
    length & 255,
    type,
    flags,
    (stream >>> 24) & 255,
    (stream >>> 16) & 255,
    (stream >>> 8) & 255,
    stream & 255,
  );
}

/** A header block, in as many frames as it takes. */
export function headersFrames(stream: number, block: string, isEnd: boolean): string {
  const flags = isEnd ? FLAG.endStream : 0;
  const { length } = block;
  if (length <= FRAME_BYTES) {
    const whole = flags | FLAG.endHeaders;
    return frameHead({ length, type: FRAME.headers, flags: whole, stream }) + block;
  }
  const first = frameHead({ length: FRAME_BYTES, type: FRAME.headers, flags, stream });
  let text = first + block.slice(0, FRAME_BYTES);
  for (let at = FRAME_BYTES; at < length; at += FRAME_BYTES) {
    const part = block.slice(at, at + FRAME_BYTES);
    const last = at + FRAME_BYTES >= length ? FLAG.endHeaders : 0;
    text += frameHead({ length: part.length, type: FRAME.continuation, flags: last, stream });
    text += part;
  }
  return text;
}

export const dataHead = (stream: number, length: number, isEnd: boolean): string =>
  frameHead({ length, type: FRAME.data, flags: isEnd ? FLAG.endStream : 0, stream });

export const resetFrame = (stream: number, code: number): string =>
  frameHead({ length: 4, type: FRAME.reset, flags: 0, stream }) + fourBytes(code);

export const windowUpdateFrame = (stream: number, increment: number): string =>
  frameHead({ length: 4, type: FRAME.windowUpdate, flags: 0, stream }) + fourBytes(increment);

export const goawayFrame = (lastStream: number, code: number): string =>
  frameHead({ length: 8, type: FRAME.goaway, flags: 0, stream: 0 }) +
  fourBytes(lastStream) +
  fourBytes(code);

/** @param payload  eight characters */
export const pingFrame = (payload: string, isAck: boolean): string =>
  frameHead({ length: 8, type: FRAME.ping, flags: isAck ? FLAG.ack : 0, stream: 0 }) + payload;

export function settingsFrame(settings: readonly (readonly [id: number, value: number])[]): string {
  const head = { length: 6 * settings.length, type: FRAME.settings, flags: 0, stream: 0 };
  const values = settings.map(([id, value]) => String.fromCharCode(id >> 8, id) + fourBytes(value));
  return frameHead(head) + values.join("");
}

export const SETTINGS_ACK = frameHead({
  length: 0,
  type: FRAME.settings,
  flags: FLAG.ack,
  stream: 0,
});

const fourBytes = (value: number): string =>
  String.fromCharCode((value >>> 24) & 255, (value >>> 16) & 255, (value >>> 8) & 255, value & 255);
