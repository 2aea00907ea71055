// The bounds of what protects clients from each other. Part of limits.ts.

export const CLIENT_LIMITS = {
  /** For a balancer's PROXY header to be whole: it is sent at once; the standard asks for 3 s. */
  proxyHeaderMs: 5_000,
  /**
   * Requests under way in one worker until others wait for their turns: more of them at a time
   * serve nobody sooner, as long as it is the worker that they wait for.
   */
  requestsUnqueued: 256,
  /** Of those that wait, in one pass of the event loop: some ms of work. */
  beginsInPass: 64,
  /** To wait for a turn for less is what turns are for; from here on it counts as lag. */
  turnWaitMs: 500,
  /** How often it is looked whether a worker has too much to do: a tenth of what people notice. */
  overloadSampleMs: 100,
  /** Of clients that are closed unanswered one line is written in so long: not one for each. */
  droppedLogMs: 10_000,
  /** A body that is whole is compressed at once up to here: a tenth of a ms with zstd. */
  encodedAtOnceBytes: 32_768,
  /** Answers that are being compressed in one worker; others go plain. 750 KiB each with zstd. */
  responseEncoders: 256,
} as const;
