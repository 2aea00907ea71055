// What the main thread and its workers say to each other. Plain data, posted; what must be shared is
// shared memory.

import type { Address } from "../base/config/address.ts";
import type { Config } from "../base/config/types.ts";
import type { MetricsSnapshot } from "../observe/metrics.ts";
import type { RuntimeCode } from "../sandbox/engine.ts";
import type { CounterBuffers } from "../state/counters.ts";

/** A tenant's script, bundled, as every worker gets it. */
export interface ScriptBundle {
  readonly tenant: string;
  /** How logs and errors name this version. */
  readonly deployment: string;
  readonly code: string;
  /** Source map as JSON; it never enters an isolate. */
  readonly map: string;
  readonly usesUrl: boolean;
}

export interface WorkerInit {
  /** From 1. */
  readonly index: number;
  readonly config: Config;
  readonly scripts: readonly ScriptBundle[];
  readonly runtime: RuntimeCode;
  readonly counters: CounterBuffers;
  readonly logWindow: SharedArrayBuffer;
  /** Words of `PULSE`. */
  readonly pulse: SharedArrayBuffer;
  /** Our name in Via. */
  readonly pseudonym: string;
  /** Each worker has a listener of its own on the same address (SO_REUSEPORT). */
  readonly reusePort: boolean;
}

/** Words of the memory in which a worker shows that it is alive. */
export const PULSE = {
  /** Raised four times a second. */
  BEAT: 0,
  /** Index of the tenant (in the configuration) whose code runs, plus 1; 0: none. */
  TENANT: 1,
} as const;

export type ToWorker =
  | { readonly type: "listen"; readonly at: readonly Address[] }
  | { readonly type: "metrics"; readonly question: number }
  | { readonly type: "drain" };

export type FromWorker =
  /** Every isolate is warm. */
  | { readonly type: "prepared" }
  | { readonly type: "listening"; readonly at: readonly Address[] }
  | { readonly type: "failed"; readonly message: string }
  | { readonly type: "log"; readonly text: string }
  | { readonly type: "metrics"; readonly question: number; readonly snapshot: MetricsSnapshot }
  | { readonly type: "drained" };
