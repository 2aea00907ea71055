// The bounds of a session that are no setting: the unit last in the name, the reason beside it.

export const HTTP2_LIMITS = {
  /** Streams of one session at once; nginx has 128, HAProxy and Envoy's advice 100. */
  streams: 100,
  /** What may be on its way to us on one session, uploads together: Envoy's advice. */
  sessionWindowBytes: 1_048_576,
  /** What may be on its way to us on a stream of ours: alone it has 25 MB/s at 10 ms. */
  downloadWindowBytes: 262_144,
  /** Of what a stream may send us, so much is used up before it is told that there is more. */
  windowUpdateBytes: 32_768,
  /** Written at once, headers and bodies of all streams together: as much as a socket is given. */
  batchBytes: 262_144,
  /** Frames that wait because the other side does not read; then it is not read either. */
  jammedBytes: 65_536,
  /** A chunk up to this size becomes text, to leave with its frame and others in one piece. */
  textChunkBytes: 2_048,
  /** What a header block may have beyond a head's bound: it is read, and its stream refused. */
  refusedBlockBytes: 98_304,
  /** The same of a peer's, whose session many clients share: as much as may come of bodies. */
  peersRefusedBlockBytes: 1_048_576,
  /** Its fields: two bytes may stand for one, and half a million take the thread half a second. */
  peersFields: 16_384,
  /** Frames that move nothing: an honest session has some dozens a second, each costs 1 µs. */
  idleFrames: { burst: 1_000, perSecond: 200 },
  /** What a request may come with, beside its own frames: priorities, windows. */
  framesEarnedByStream: 4,
  /**
   * A frame of a body lets its receiver open two windows and measure the way by a PING, as gRPC's
   * clients in Go and Java do for each message that finds them without one under way; …
   */
  framesEarnedByData: 4,
  /** … not one that its window has cut below this: who opens it byte by byte pays for that. */
  earningDataBytes: 1_024,
  /** Streams that came to nothing at once; each that is served earns one: at worst every second. */
  lostStreams: { burst: 200, perSecond: 50 },
  /** Of those that we opened: how many there are is our own doing. */
  ownLostStreams: { burst: Number.POSITIVE_INFINITY, perSecond: 0 },
  /** A stream that is reset before this had hardly begun. */
  youngStreamMs: 1_000,
  /** A peer that is silent for so long is asked: gRPC's servers end who asks each five minutes. */
  quietMs: 310_000,
  /** For a client to stop an upload by itself that is answered: some do when they are refused. */
  answeredMs: 500,
  /** Ids of streams that we reset, whose frames may still be on their way. */
  resetStreams: 1_000,
} as const;
