// application/x-www-form-urlencoded of the URL standard: text of a query to pairs, and back.

import {
  arrayPush,
  NativeUint8Array,
  regexpExec,
  stringIndexOf,
  stringSlice,
} from "../primordials.ts";
import { encodeUtf8, Utf8Decoder } from "./utf8.ts";

export type Pair = readonly [name: string, value: string];

const decodeComponent = decodeURIComponent;
const encodeComponent = encodeURIComponent;

/** @param query  without its `?` */
export function pairsOf(query: string): Pair[] {
  const pairs: Pair[] = [];
  for (let from = 0; from < query.length; ) {
    const next = stringIndexOf(query, "&", from);
    const end = next === -1 ? query.length : next;
    if (end > from) arrayPush(pairs, pairOf(stringSlice(query, from, end)));
    from = end + 1;
  }
  return pairs;
}

function pairOf(text: string): Pair {
  const at = stringIndexOf(text, "=");
  if (at === -1) return [decoded(text), ""];
  return [decoded(stringSlice(text, 0, at)), decoded(stringSlice(text, at + 1))];
}

function decoded(text: string): string {
  const spaced = withSpaces(text);
  if (stringIndexOf(spaced, "%") === -1) return spaced;
  try {
    return decodeComponent(spaced);
  } catch {
    return decodedBytes(spaced); // what is no UTF-8, or no escape
  }
}

function withSpaces(text: string): string {
  let spaced = "";
  let from = 0;
  for (let at = stringIndexOf(text, "+"); at !== -1; at = stringIndexOf(text, "+", from)) {
    spaced += `${stringSlice(text, from, at)} `;
    from = at + 1;
  }
  return from === 0 ? text : spaced + stringSlice(text, from);
}

const PERCENT = 37;

function decodedBytes(text: string): string {
  const bytes = encodeUtf8(text);
  const out = new NativeUint8Array(bytes.length);
  let length = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] as number;
    const high = byte === PERCENT ? digitOf(bytes[at + 1]) : -1;
    const low = high === -1 ? -1 : digitOf(bytes[at + 2]);
    out[length++] = low === -1 ? byte : high * 16 + low;
    if (low !== -1) at += 2;
  }
  return new Utf8Decoder(false).decode(out.subarray(0, length), true);
}

function digitOf(code: number | undefined): number {
  if (code === undefined) return -1;
  if (code >= 48 && code <= 57) return code - 48;
  const lower = code | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}

export function textOfPairs(pairs: readonly Pair[]): string {
  let text = "";
  for (let i = 0; i < pairs.length; i++) {
    const pair = pairs[i] as Pair;
    text += `${i === 0 ? "" : "&"}${encoded(pair[0])}=${encoded(pair[1])}`;
  }
  return text;
}

const PLAIN = /^[\w*.-]*$/;
/** What encodeURIComponent does otherwise. */
const OTHERS = /[!'()~]|%20/;

function encoded(text: string): string {
  if (regexpExec(PLAIN, text) !== null) return text;
  const escaped = encodeComponent(text);
  if (regexpExec(OTHERS, escaped) === null) return escaped;
  let out = "";
  for (let at = 0; at < escaped.length; at++) {
    const character = escaped[at] as string;
    if (character === "%" && stringSlice(escaped, at + 1, at + 3) === "20") {
      out += "+";
      at += 2;
    } else out += ESCAPED[character] ?? character;
  }
  return out;
}

const ESCAPED: Readonly<Record<string, string>> = Object.assign(Object.create(null), {
  "!": "%21",
  "'": "%27",
  "(": "%28",
  ")": "%29",
  "~": "%7E",
});
