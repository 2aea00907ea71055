// Measures what says that a worker is overloaded: how late its event loop is, how many requests are
// under way, how much memory the process has. A loop that is late since others have the processor
// is not helped by serving less, so the thread's own time must explain it.

import { LIMITS } from "../base/limits.ts";
import type { OverloadGate, OverloadSignals } from "./overload.ts";

/**
 * A thread that had less of the time than that was kept from working by others. At half of it,
 * serving less still makes the others wait for half as long.
 */
const OWN_SHARE = 0.5;

export interface OverloadNews extends OverloadSignals {
  readonly isShedding: boolean;
  readonly over: string | null;
}

export interface OverloadParts {
  readonly gate: OverloadGate;
  readonly requests: () => number;
  /** For how long the oldest of those waits that have come and not begun. */
  readonly waitMs: () => number;
  /** It begins to shed, or no longer does. */
  readonly told: (news: OverloadNews) => void;
}

/** Until it is disposed of. */
export function watchOverload({ gate, requests, waitMs, told }: OverloadParts): Disposable {
  let last = timesNow();
  let wasShedding = false;
  const timer = setInterval(() => {
    const now = timesNow();
    const wallMs = now.wallMs - last.wallMs;
    const isOurs = now.ownMs - last.ownMs >= wallMs * OWN_SHARE;
    last = now;
    const waitedMs = waitMs() < LIMITS.turnWaitMs ? 0 : waitMs();
    const lateMs = Math.max(waitedMs, wallMs - LIMITS.overloadSampleMs);
    const lagMs = isOurs ? lateMs : 0;
    const signals = { lagMs, requests: requests(), rssBytes: process.memoryUsage.rss() };
    gate.sample(signals);
    const isShedding = gate.share > 0;
    if (isShedding !== wasShedding) told({ isShedding, over: gate.over, ...signals });
    wasShedding = isShedding;
  }, LIMITS.overloadSampleMs).unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

interface Times {
  readonly wallMs: number;
  /** Processor time of this thread. */
  readonly ownMs: number;
}

function timesNow(): Times {
  const { user, system } = process.threadCpuUsage();
  return { wallMs: performance.now(), ownMs: (user + system) / 1_000 };
}
