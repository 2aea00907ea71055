// A head that has come whole, before anything in it has been looked at: as text, of which pieces
// are kept, and as bytes, over which a check runs several times faster.

export interface Head {
  /** Latin1. */
  readonly text: string;
  /** The same; more may follow behind it. */
  readonly bytes: Uint8Array;
}

export function toHead(whole: string | Head): Head {
  return typeof whole === "string" ? { text: whole, bytes: Buffer.from(whole, "latin1") } : whole;
}

/**
 * Whether `text` from `start` on has more than `max` lines; the empty one at its end not counted.
 */
export function hasMoreLines(text: string, start: number, max: number): boolean {
  // The shortest line is `a:\r\n`. Most heads are too short for too many lines, and are not
  // counted.
  if (text.length - start <= 4 * max) return false;
  let lines = -1;
  for (let at = text.indexOf("\n", start); at !== -1; at = text.indexOf("\n", at + 1)) {
    lines++;
    if (lines > max) return true;
  }
  return false;
}
