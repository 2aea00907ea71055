// Where each worker listens: descriptors that were there before are dealt out among the workers,
// and the rest of the listeners are opened.

import type { Address } from "../../../base/config/address.ts";
import type { Logger } from "../../../observe/log.ts";
import type { ListenerSockets } from "../../handover/inherited.ts";
import type { Listening, ListenSpec } from "../../shared/messages.ts";

/** @param places  where the first worker listens, once it does: it settles what port 0 means */
export function specsOf(
  sockets: readonly ListenerSockets[],
  places: readonly Address[],
  share: { readonly worker: number; readonly of: number },
): ListenSpec[] {
  return sockets.map(({ at, descriptors }, i): ListenSpec => {
    const own = descriptors.filter((_, d) => d % share.of === share.worker);
    const isOptional = descriptors.length > 0 && own.length === 0;
    return { at: places[i] ?? at, descriptors: own, isOptional };
  });
}

/** Others serve there, and the operator should know. */
export function warnOfMissing(
  logger: Logger,
  worker: number,
  listening: readonly Listening[],
): void {
  for (const { at, descriptors } of listening) {
    if (descriptors.length > 0) continue;
    logger.warn(
      { worker, listener: at.address },
      "this worker does not listen there: expected a socket for each worker, or ReusePort=yes",
    );
  }
}

/** Listeners of its own for a worker that comes later. */
export const newSpecs = (places: readonly Address[], isOptional: boolean): readonly ListenSpec[] =>
  places.map((at) => ({ at, descriptors: [], isOptional }));

/** Several listeners on one port, with the kernel spreading connections: Linux alone does that. */
export function workersFor(
  wanted: number,
  logger: Logger,
): { readonly count: number; readonly reusePort: boolean } {
  const reusePort = process.platform === "linux";
  if (wanted > 1 && !reusePort) {
    logger.warn("this platform cannot share a port between workers: one worker serves");
  }
  return { count: reusePort ? wanted : 1, reusePort };
}
