// What an isolate with a script in it is made of.

import type { RuntimeLimits } from "../base/config/tenant-limits.ts";
import type { SlotSource } from "./held-slots.ts";

/** The runtime's bundles, made once and evaluated in every isolate. */
export interface RuntimeCode {
  readonly kernel: string;
  /** URL and URLSearchParams: large, so only for scripts that mention them. */
  readonly url: string;
}

export interface IsolateOptions extends SlotSource {
  readonly runtime: RuntimeCode;
  readonly script: { readonly code: string; readonly usesUrl: boolean };
  readonly env: Readonly<Record<string, string>>;
  /** What the runtime inside keeps account of. Left out: the defaults. */
  readonly limits?: RuntimeLimits;
  readonly memoryMiB: number;
  /** How long the top level of the script may run, in ms. */
  readonly startupMs: number;
  readonly counters: SharedArrayBuffer;
}
