// The control words that the host, the runtime inside an isolate and the watchdog share: one
// Int32Array for each isolate. Offsets in words.

export const CONTROL = {
  /**
   * Runtime: raised at each start of a call; the watchdog disposes of an isolate where it stands
   * still.
   */
  SLICE: 0,
  /** Runtime: id of the call that is running, or whose microtasks are; 0: none. */
  CALL_ID: 1,
  /** Host: records in the inbox. */
  IN_RECORDS: 2,
  /** Runtime: records in the outbox that belong to the text just returned. */
  OUT_RECORDS: 3,
  /** Runtime: 1 when `take` has more to do or to give. */
  MORE: 4,
  /** Runtime: bytes that `bytes` will return. */
  OUT_BYTES: 5,
  /** Host: 1 while it is inside the isolate. */
  BUSY: 6,
  /** Watchdog: why it has disposed of the isolate, a number of `KILLED`; 0: it has not. */
  KILLED: 7,
  /** Runtime: index of the hook that is running. */
  HOOK: 8,
  /** Runtime: 1 when something is ready to go on that this turn has no more time for. */
  READY: 9,
  /** Host: how long others had the thread since this turn's last crossing, in whole ms. */
  PAUSED_MS: 10,
  /** Watchdog: 1 while it sleeps, and is to be woken by who enters. */
  UNWATCHED: 11,
  /** Runtime: what has come of a crossing, a number of `CAME`; lowered by the host before it. */
  CAME: 12,
  /** Runtime: id of the call that failed for want of memory for a buffer; lowered by the host. */
  STARVED: 13,
  /** Host: 1 while the top level of the script runs, which has a budget of its own. */
  STARTING: 14,
  /** Host: 1 in a turn whose call is traced, which the watchdog gives longer. */
  TRACED: 15,
  /**
   * Host, before a turn: the time of the machine's clock, which all its threads and processes
   * share, in 1,024ths of a ms: the low 32 bits, …
   */
  MACHINE_LOW: 16,
  /** … and the rest. */
  MACHINE_HIGH: 17,
  /** Runtime: 1 when what it has published goes on in the next publication. */
  IN_PARTS: 18,
  /** Host: the turn's randomness, SEED_WORDS of it. The runtime takes the key out of it. */
  SEED: 19,
} as const;

/** What has come of a crossing that returned. */
export const CAME = {
  /** A frame. */
  frame: 1,
  /** Nothing yet: a call's microtasks run behind it, and what they do belongs into its frame. */
  later: 2,
} as const;

/** What Math.random starts from, and the key of all other random values. */
export const SEED = { random: 0, key: 1 } as const;
export const SEED_KEY_WORDS = 8;
export const SEED_WORDS = SEED.key + SEED_KEY_WORDS;

/** Why a call was ended, and its isolate with it. */
export const KILLED = {
  /** It ran past its budget. */
  OVERRUN: 1,
  /** The thread that it ran in is to end. */
  ENDING: 2,
  /** It was traced and stopped before it had its budget on the processor. */
  PAUSED: 3,
} as const;

export const CONTROL_WORDS = CONTROL.SEED + SEED_WORDS;

/** Everything that an isolate and its host share, in one buffer: control words, inbox, outbox. */
export const sharedBytes = (windowWords: number): number => (CONTROL_WORDS + 2 * windowWords) * 4;

export interface Windows {
  readonly control: Int32Array;
  readonly inbox: Int32Array;
  readonly outbox: Int32Array;
}

export function windowsOf(buffer: ArrayBufferLike, windowWords: number): Windows {
  return {
    control: new Int32Array(buffer, 0, CONTROL_WORDS),
    inbox: new Int32Array(buffer, CONTROL_WORDS * 4, windowWords),
    outbox: new Int32Array(buffer, (CONTROL_WORDS + windowWords) * 4, windowWords),
  };
}
