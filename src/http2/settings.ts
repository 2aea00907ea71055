// What the other side says of itself in SETTINGS, as far as it binds us (RFC 9113 section 6.5.2).

import type { ByteRange } from "./frame-reader.ts";
import {
  CODE,
  ConnectionError,
  FRAME_BYTES,
  SETTING,
  WINDOW_BYTES,
  WINDOW_BYTES_MAX,
} from "./protocol.ts";

export class PeerSettings {
  /** Of each stream, to begin with. */
  initialWindowBytes = WINDOW_BYTES;
  /** How many streams we may open. */
  streamsMax = Number.POSITIVE_INFINITY;

  /** Throws ConnectionError. */
  take({ bytes, start, end }: ByteRange): void {
    for (let at = start; at < end; at += 6) {
      this.#set(bytes.readUInt16BE(at), bytes.readUInt32BE(at + 2));
    }
  }

  /** Larger frames than everybody takes are not made, and nothing is put into tables. */
  #set(setting: number, value: number): void {
    if (setting === SETTING.initialWindowSize) {
      if (value > WINDOW_BYTES_MAX) throw invalid(CODE.flowControlError, "initial window");
      this.initialWindowBytes = value;
    } else if (setting === SETTING.maxConcurrentStreams) this.streamsMax = value;
    else if (setting === SETTING.enablePush && value > 1) throw invalid(CODE.protocolError, "push");
    else if (setting === SETTING.maxFrameSize && (value < FRAME_BYTES || value > FRAME_BYTES_MAX)) {
      throw invalid(CODE.protocolError, "frame size");
    }
  }
}

const FRAME_BYTES_MAX = 2 ** 24 - 1;

const invalid = (code: number, what: string): ConnectionError =>
  new ConnectionError(code, `SETTINGS with a ${what} that is not valid`);
