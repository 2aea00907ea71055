// Response heads that came a short time ago, byte for byte, with what was read of them. Answers of
// a peer often have the same head for a second, until its Date is another: to compare costs a fifth
// of making text of it and reading that. One table for a thread.

import type { ResponseHead } from "../http1/messages.ts";
import { parseResponseHead } from "../http1/response.ts";
import type { UpstreamLimits } from "./limits.ts";

/** What a head means depends on it, besides its bytes. */
interface ReadWith {
  /** Of the request. */
  readonly method: string;
  readonly limits: UpstreamLimits;
}

interface KnownHead extends ReadWith {
  /** Many exchanges have it at a time: nobody changes it. */
  readonly head: ResponseHead;
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

/**
 * The chunk begins with the head of a final response, of so many bytes, which was read without
 * complaint. It is read anew, of text of its own: parts of the first reading would keep alive what
 * came behind the head, and bytes from Buffer's pool all those beside them.
 */
export function noteHead(chunk: Buffer, bytes: number, { method, limits }: ReadWith): void {
  const own = Buffer.allocUnsafeSlow(bytes);
  chunk.copy(own, 0, 0, bytes);
  const head = parseResponseHead(own.toString("latin1"), method, limits.codec);
  heads[placeOf(chunk)] = { head, bytes: own, method, limits, isProven: false };
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
