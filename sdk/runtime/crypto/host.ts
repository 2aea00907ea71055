// The way from `crypto.subtle` to the host that does the work (src/sandbox/crypto): bytes through a
// window that both share, all else as text. What comes out otherwise each time passes `learnt`.

import {
  arrayPush,
  bytesCopy,
  bytesSet,
  NativeUint8Array,
  stringIndexOf,
  stringSlice,
  typedArrayLength,
} from "../primordials.ts";
import { DOMException, isNoted, learnt, port, SOURCE } from "../shared.ts";

const toNumber = Number;
const imul = Math.imul;

/** What an operation gives: pieces of bytes, and words. */
export interface HostResult {
  readonly bytes: readonly Uint8Array<ArrayBuffer>[];
  readonly words: readonly string[];
  /** `name:sentence`; empty: none. */
  readonly error: string;
}

type Words = readonly (string | number)[];
type Parts = readonly Uint8Array[];

/** The one piece of bytes that comes out. Throws a DOMException. */
export const hostBytes = (name: string, words: Words, parts: Parts): Uint8Array<ArrayBuffer> =>
  hostResult(name, words, parts).bytes[0] ?? new NativeUint8Array(0);

/** Whether the host says yes. */
export const hostClaim = (name: string, words: Words, parts: Parts): boolean =>
  typedArrayLength(hostBytes(name, words, parts)) === 1;

/** Throws a DOMException. `pieces`: how many pieces of bytes come out. */
export function hostResult(name: string, words: Words, parts: Parts, pieces = 1): HostResult {
  const crossed = cross(name, { words, parts, pieces });
  const result =
    isNoted() && isDrawn(name)
      ? learnt(SOURCE.crypto, keyOf(name, words, parts), crossed)
      : crossed;
  if (result.error === "") return result;
  const at = stringIndexOf(result.error, ":");
  throw new DOMException(stringSlice(result.error, at + 1), stringSlice(result.error, 0, at));
}

/** Some signatures and all keys are other ones each time: they are noted, unlike the rest. */
const isDrawn = (name: string): boolean =>
  name === "generate" || name === "sign" || name === "encrypt RSA-OAEP";

/** With a sum of its bytes: what is asked of other data is not what was noted. */
function keyOf(name: string, words: Words, parts: Parts): string {
  let key = name;
  for (let i = 0; i < words.length; i++) key += `|${words[i]}`;
  let sum = 0x811c9dc5;
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i] as Uint8Array;
    const end = typedArrayLength(part);
    for (let at = 0; at < end; at++) sum = imul(sum ^ (part[at] ?? 0), 0x01000193);
    sum = imul(sum ^ 0x100, 0x01000193);
  }
  return `${key}|${sum}`;
}

interface Given {
  readonly words: Words;
  readonly parts: Parts;
  readonly pieces: number;
}

function cross(name: string, { words, parts, pieces }: Given): HostResult {
  const window = windowOf();
  let text = "";
  for (let i = 0; i < words.length; i++) text += i === 0 ? `${words[i]}` : `|${words[i]}`;
  let at = 0;
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i] as Uint8Array;
    bytesSet(window, part, at);
    at += typedArrayLength(part);
  }
  const result = port.crypto(
    name,
    text,
    length(parts, 0),
    length(parts, 1),
    length(parts, 2),
    length(parts, 3),
  );
  if (typeof result === "number") return piecesOf([`${result}`], 1);
  if (result[0] === "!") return { bytes: [], words: [], error: stringSlice(result, 1) };
  return piecesOf(cut(stringSlice(result, 1)), pieces);
}

const length = (parts: Parts, index: number): number => {
  const part = parts[index];
  return part === undefined ? 0 : typedArrayLength(part);
};

function piecesOf(words: readonly string[], pieces: number): HostResult {
  const window = windowOf();
  const bytes: Uint8Array<ArrayBuffer>[] = [];
  let at = 0;
  for (let i = 0; i < pieces; i++) {
    const end = at + toNumber(words[i]);
    arrayPush(bytes, bytesCopy(window, at, end));
    at = end;
  }
  const rest: string[] = [];
  for (let i = pieces; i < words.length; i++) arrayPush(rest, words[i] ?? "");
  return { bytes, words: rest, error: "" };
}

/** The words between bars. */
function cut(text: string): string[] {
  const words: string[] = [];
  let from = 0;
  for (let at = stringIndexOf(text, "|"); at !== -1; at = stringIndexOf(text, "|", from)) {
    arrayPush(words, stringSlice(text, from, at));
    from = at + 1;
  }
  arrayPush(words, stringSlice(text, from));
  return words;
}

let shared: Uint8Array | null = null;

function windowOf(): Uint8Array {
  shared ??= new NativeUint8Array(port.cryptoWindow);
  return shared;
}
