// Response heads that came a short time ago, byte for byte, with what was read of them. Answers of
// a peer often have the same head for a second, until its Date is another: to compare costs a fifth
// of making text of it and reading that. One table for a thread.

import type { ResponseHead } from "../http1/messages.ts";
import { copyOf } from "./kept-bytes.ts";
import type { UpstreamLimits } from "./limits.ts";

/** What was read, and with what. */
interface Reading {
  readonly head: ResponseHead;
  /** Of the request. */
  readonly method: string;
  readonly limits: UpstreamLimits;
}

interface KnownHead extends Reading {
  /** With its empty line. */
  readonly bytes: Buffer;
  /** It came again. */
  isProven: boolean;
}

/** In places that follow from how much was read at once, and from some of the head's bytes. */
const heads: (KnownHead | undefined)[] = new Array(128).fill(undefined);
const BYTES_MAX = 1_024;

/**
 * Only one of so many that are not known takes a place: fewer of them, as long as none comes again,
 * so that what is new each time costs next to nothing.
 */
const LEARNS_EACH = { least: 16, most: 1_024 };
let learnsEach = LEARNS_EACH.least;
let unknown = 0;

/** The head of a final response that the chunk begins with; null: it is not known. */
export function knownHead(
  chunk: Buffer,
  method: string,
  limits: UpstreamLimits,
): Pick<KnownHead, "head" | "bytes"> | null {
  const place = placeOf(chunk);
  const known = heads[place];
  if (known === undefined || known.method !== method || known.limits !== limits) return null;
  if (!begins(chunk, known.bytes)) {
    if (!known.isProven) forget(place);
    return null;
  }
  known.isProven = true;
  learnsEach = LEARNS_EACH.least;
  return known;
}

/** A head of so many bytes was not known: it may be worth a place. */
export function isWorthNoting(bytes: number): boolean {
  if (++unknown < learnsEach || bytes > BYTES_MAX) return false;
  unknown = 0;
  return true;
}

/** The chunk begins with a head of a final response, of so many bytes. */
export function noteHead(chunk: Buffer, bytes: number, reading: Reading): void {
  heads[placeOf(chunk)] = { ...reading, bytes: copyOf(chunk, 0, bytes), isProven: false };
}

/** It was not worth its place. */
function forget(place: number): void {
  heads[place] = undefined;
  learnsEach = Math.min(learnsEach * 2, LEARNS_EACH.most);
}

/** Of a status, a Date and what stands behind that something is likely to differ. */
function placeOf(chunk: Buffer): number {
  const some = (chunk[9] ?? 0) + (chunk[40] ?? 0) * 7 + (chunk[100] ?? 0) * 17;
  return (chunk.length * 31 + some) % heads.length;
}

/** A loop, since a call of Buffer's own comparison costs as much as four hundred bytes of it. */
function begins(chunk: Buffer, bytes: Buffer): boolean {
  const { length } = bytes;
  if (chunk.length < length) return false;
  for (let at = 0; at < length; at++) if (chunk[at] !== bytes[at]) return false;
  return true;
}
