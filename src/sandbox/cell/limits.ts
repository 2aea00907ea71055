// Bounds of what a cell may say to its workers. An honest one stays far below.

export const PIPE_LIMITS = {
  /** Of one turn: every call awaits often, each answer has up to 16 MiB. */
  turnMessages: 100_000,
  turnBytes: 2_684_354_560,
  /** Of these, of counters and limits: each few bytes are work under a lock. */
  turnNoteBytes: 134_217_728,
  /** Of parts that wait for their end: the effects of a call, what it asks for, and a frame. */
  partBytes: 67_108_864,
  /** For a turn to come back: longer than any deadline of a hook, and those before it, take. */
  turnMs: 300_000,
  /** How often that is looked at. */
  turnLookMs: 5_000,
  /** What comes of turns that nobody waits for any more: some answers of the largest kind, … */
  unaskedBytes: 134_217_728,
  /** … and as much for each message at least, so that small ones are few too. */
  unaskedLeastBytes: 65_536,
} as const;
