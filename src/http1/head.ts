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
