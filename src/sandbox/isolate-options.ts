// What an isolate with a script in it is made of, and how large it is.

import type { RuntimeLimits } from "../base/config/tenant-limits.ts";
import type { LimitSource } from "./held-limits.ts";
import type { SlotSource } from "./held-slots.ts";

export interface RuntimeExtra {
  readonly name: string;
  readonly pattern: string;
  readonly code: string;
}

/** The runtime's bundles, made once and evaluated in every isolate. */
export interface RuntimeCode {
  readonly kernel: string;
  /** Large, so only for scripts whose code has what the pattern finds. */
  readonly extras: readonly RuntimeExtra[];
}

export interface IsolateOptions extends SlotSource {
  readonly runtime: RuntimeCode;
  /** Its code is an expression, as control/attribution/attribute.ts makes it. */
  readonly script: { readonly code: string };
  readonly env: Readonly<Record<string, string>>;
  /** What the runtime inside keeps account of. Left out: the defaults. */
  readonly limits?: RuntimeLimits;
  readonly memoryMiB: number;
  /** Processor time that the top level of the script may take. */
  readonly startupMs: number;
  /** Time after which it is ended in any case. Left out: a few times the above. */
  readonly startupWallMs?: number;
  readonly counters: SharedArrayBuffer;
  /** The tenant's rate limits. Null: the script names none. */
  readonly rateLimits?: (LimitSource & { readonly buffer: SharedArrayBuffer }) | null;
}

export interface IsolateSize {
  /** What its objects take, ArrayBuffers included. */
  readonly usedBytes: number;
  /** What it has of the process's memory, its text and windows included. */
  readonly heldBytes: number;
}
