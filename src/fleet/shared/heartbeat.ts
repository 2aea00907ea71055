// The memory in which a worker shows that it is alive, and what it runs. The worker writes it; the
// main thread reads it, and ends the process of a worker whose heart stands still.

/** Words of the memory in which a worker shows that it is alive. */
export const PULSE = {
  /** Raised four times a second, and when a script's turn is over. */
  BEAT: 0,
  /** Index of the tenant whose code runs, plus 1; 0: none. */
  TENANT: 1,
  /** Processor time that the top level of a script may take which is being started; 0: none is. */
  START_MS: 2,
} as const;

export const PULSE_BYTES = 12;

const BEAT_MS = 250;

/** For as long as the event loop of this thread moves. */
export function startHeartbeat(pulse: Int32Array): void {
  setInterval(() => Atomics.add(pulse, PULSE.BEAT, 1), BEAT_MS).unref();
}
