// What a worker says without being asked: that it is alive, and how the versions that it runs fare.

import { PULSE } from "../shared/messages.ts";

const BEAT_MS = 250;
/** A bad version must be out within seconds. */
const HEALTH_MS = 500;

/** The main thread ends the process of a worker whose heart stands still. */
export function giveSigns(pulse: Int32Array, tellHealth: () => void): void {
  setInterval(() => Atomics.add(pulse, PULSE.BEAT, 1), BEAT_MS).unref();
  setInterval(tellHealth, HEALTH_MS).unref();
}
