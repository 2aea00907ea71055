// Bounds of child processes: unit last in the name, and the reason for each size beside it.

export const CELL_LIMITS = {
  /** Node starting in a sandbox takes a second on a busy machine; a refusal comes at once. */
  sandboxProbeMs: 20_000,
  /** Heap of Node's own isolate in a cell: frames on their way, source maps nowhere. */
  ownHeapMiB: 256,
  /** What a cell says to the main thread at once: a report of its tenants, how a script starts. */
  wordsBytes: 4_194_304,
  /** In the long run: a report a second, of as many tenants as one can have. */
  wordsBytesPerSecond: 262_144,
  /** For a cell to say how a script starts, beyond what the start may take. */
  loadMs: 60_000,
  /** Written to standard error; beyond that it is ended. */
  complaintChars: 1_048_576,
  /** Scripts that are tried at once: one for each core of a small machine. */
  trials: 2,
  /** For the process of a trial to get as far as the script. */
  trialStartMs: 20_000,
  /** How often its memory is looked at: in this time it grows by some hundred MB at most. */
  trialLookMs: 50,
  /** Heap of Node's own isolate there: a job and the source map of a large bundle. */
  trialHeapMiB: 128,
  /** What a rehearsal may say: a text for each of its requests. */
  rehearsalReportBytes: 524_288,
  /** What the top level of a script may be late, beyond its limit: for a busy machine. */
  scratchLateMs: 2_000,
  /** What a scratch cell may say: hooks, warnings and a stack have a few KiB. */
  scratchReportBytes: 65_536,
  /** Exports that are no hooks, in one answer. */
  scratchWarnings: 20,
  /** Counters that a script makes while it starts; there are as many for all that serve. */
  scratchCounters: 16_384,
} as const;
