// Checks one peer again and again, and says when it is up or down: after so many results in a row,
// faster while it is changing, or when requests fail there, each interval a little shorter or
// longer at random, so that many proxies do not ask at once. A check that fails for our own sake
// says nothing; neither does one that is late since this thread was busy.

import type { HealthConfig } from "../../base/config/upstream/types.ts";
import type { HealthState } from "./controlled-peer.ts";
import type { CheckResult } from "./health-check.ts";

export interface WatchedPeer {
  readonly state: HealthState;
  /** A change that is certain. */
  changed(health: "up" | "down", reason: string): void;
}

export interface Check {
  cancel(): void;
}

export interface HealthWatchOptions {
  readonly config: HealthConfig;
  readonly peer: WatchedPeer;
  readonly check: (done: (result: CheckResult, isOurs: boolean) => void) => Check;
  /** From 0 to 1. */
  readonly random: () => number;
  readonly now: () => number;
}

/** A timer as late as this was held up by us, and with it whatever the peer has answered. */
const LATE_MS = 250;

export class HealthWatch {
  readonly #options: HealthWatchOptions;
  /** The last one: it may be over before it is known here. */
  #check: Check | null = null;
  #isChecking = false;
  #timer: NodeJS.Timeout | null = null;
  /** When the next check is to begin. */
  #dueMs = 0;
  #successes = 0;
  #failures = 0;
  /** When the last check was over. */
  #checkedMs = Number.NEGATIVE_INFINITY;

  constructor(options: HealthWatchOptions) {
    this.#options = options;
    const { config, peer, random } = options;
    // one that waits for its first result is asked at once; others at a random phase
    const isUnknown = peer.state === "checking" || peer.state === "unchecked";
    this.#sleep(isUnknown ? random() * Math.min(config.fastIntervalMs, 100) : this.#interval());
  }

  /** Requests fail there: the next check comes sooner than it would, if nothing else was found. */
  hasten(): void {
    const { config, now, peer } = this.#options;
    if (this.#isChecking || peer.state !== "up" || this.#failures > 0) return;
    const dueMs = Math.max(now(), this.#checkedMs + config.fastIntervalMs);
    // the usual interval may be the shorter one
    if (dueMs < this.#dueMs) this.#sleep(dueMs - now());
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#check?.cancel();
    this.#check = null;
  }

  #begin(): void {
    const { check, config, now } = this.#options;
    const startMs = now();
    this.#isChecking = true;
    this.#check = check((result, isOurs) => {
      this.#isChecking = false;
      this.#checkedMs = now();
      const isLate = result !== null && now() - startMs > config.timeoutMs + LATE_MS;
      if (!isOurs && !isLate) this.#judge(result);
      this.#sleep(this.#interval());
    });
  }

  #judge(result: CheckResult): void {
    const { config, peer } = this.#options;
    if (result === null) {
      this.#successes++;
      this.#failures = 0;
    } else {
      this.#failures++;
      this.#successes = 0;
    }
    const { state } = peer;
    // the first result decides (Envoy): whoever waits for it need not wait for more
    const isFirst = state === "checking" || state === "unchecked";
    const isRise = result === null && state !== "up" && (isFirst || this.#successes >= config.rise);
    const falls = isFirst ? 1 : config.fall;
    const isFall = result !== null && state !== "down" && this.#failures >= falls;
    if (isRise) peer.changed("up", "");
    else if (isFall) peer.changed("down", result);
  }

  #interval(): number {
    const { config, peer, random } = this.#options;
    const isSteady =
      (peer.state === "up" && this.#failures === 0) ||
      (peer.state === "down" && this.#successes === 0);
    const base = isSteady ? config.intervalMs : Math.min(config.fastIntervalMs, config.intervalMs);
    const jitter = ((random() * 2 - 1) * config.jitterPercent) / 100;
    return base * (1 + jitter);
  }

  #sleep(ms: number): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#dueMs = this.#options.now() + ms;
    this.#timer = setTimeout(() => this.#begin(), ms).unref();
  }
}
