// What a call learns, to JSON in ASCII and back. Bytes are latin1 text there.

import type { Answer } from "./answer.ts";
import { quote, toAscii } from "./ascii-json.ts";
import { SOURCE, type Source } from "./learnt.ts";
import {
  arrayIsArray,
  arrayPush,
  jsonStringify,
  NativeUint8Array,
  stringCharCodeAt,
} from "./primordials.ts";
import { latin1OfBytes } from "./web/utf8.ts";

export function toJson(source: Source, value: unknown): string {
  switch (source) {
    case SOURCE.host: {
      const { ok, text, bytes } = value as Answer;
      return `[${ok ? 1 : 0},${quote(text)},${quote(latin1OfBytes(bytes))}]`;
    }
    case SOURCE.random:
      return quote(latin1OfBytes(value as Uint8Array));
    case SOURCE.crypto: {
      const { bytes, words, error } = value as Drawn;
      let pieces = "";
      for (let i = 0; i < bytes.length; i++) {
        pieces += `${i === 0 ? "" : ","}${quote(latin1OfBytes(bytes[i] as Uint8Array))}`;
      }
      return `[[${pieces}],${toAscii(jsonStringify(words) ?? "[]")},${quote(error)}]`;
    }
    default:
      return toAscii(jsonStringify(value) ?? "null");
  }
}

/** As crypto/host.ts has it. */
interface Drawn {
  readonly bytes: readonly Uint8Array<ArrayBuffer>[];
  readonly words: readonly string[];
  readonly error: string;
}

export function fromJson(source: Source, json: unknown, value: unknown): unknown {
  const parts = arrayIsArray(json) ? json : [];
  switch (source) {
    case SOURCE.host:
      return { ok: parts[0] === 1, text: `${parts[1]}`, bytes: textBytes(`${parts[2]}`) };
    case SOURCE.random: {
      const bytes = textBytes(`${json}`);
      return bytes.length === (value as Uint8Array).length ? bytes : value;
    }
    case SOURCE.crypto: {
      const pieces = arrayIsArray(parts[0]) ? parts[0] : [];
      const bytes: Uint8Array[] = [];
      for (let i = 0; i < pieces.length; i++) arrayPush(bytes, textBytes(`${pieces[i]}`));
      return { bytes, words: parts[1], error: parts[2] };
    }
    case SOURCE.flag:
      return json === null ? undefined : json;
    default:
      return json;
  }
}

export function textBytes(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new NativeUint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = stringCharCodeAt(text, i);
  return bytes;
}
