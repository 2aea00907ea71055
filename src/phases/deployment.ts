// One version of a tenant's script as a worker runs it: its lane, the hooks it exports, and how its
// failures are treated. An exchange finishes on the deployment it began with.

import type { CallResult, Failure, Lane } from "../sandbox/call.ts";
import type { VersionHealth } from "./version-health.ts";

export type ScriptLog = (level: number, fields: ScriptLogFields, message: string) => void;

export interface ScriptLogFields {
  readonly tenant: string;
  readonly deployment: string;
  /** The request's id; empty outside any request. */
  readonly id: string;
  readonly hook: string;
  readonly code?: string;
  /** `scripts/auth.ts:12:7`, where a failure came from. */
  readonly at?: string;
  /** Its frames. */
  readonly stack?: string;
}

/** Bytes up to which a body is kept whole; 0: it comes in chunks; PASSED_BODY: past its hooks. */
export interface BodyModes {
  readonly request: number;
  readonly response: number;
}

export interface Deployment {
  readonly tenant: string;
  /** Who that is, whatever its name was before (base/identity.ts). */
  readonly tenantId: string;
  /** The version, as logs and errors name it. */
  readonly name: string;
  /** Bits of the hooks that the script exports (src/wire/phases.ts). */
  readonly hooks: number;
  /** As the script declares them: of no body that passes. */
  readonly bodies: BodyModes;
  /** The most that it may have kept, whatever its hooks say. */
  readonly bodyBytesMax: number;
  readonly lane: Lane;
  readonly failOpen: boolean;
  /** How it has fared, and whether it may run at all. */
  readonly health: VersionHealth;
  readonly explain: (failure: Failure, hook: string) => FailureTrace;
  readonly log: ScriptLog;
  /** The text without the tenant's secrets. */
  readonly redact: (text: string) => string;
  /** Time that one chain took, in ms. */
  readonly observe: (chain: number, durationMs: number) => void;
  readonly countFailure: (hook: string, code: string) => void;
  /** Told of each call when it is over. If there is one, each hook has a call of its own. */
  readonly trace?: PhaseTrace;
}

/** A failure in terms of the TypeScript sources, without the tenant's secrets. */
export interface FailureTrace {
  readonly reason: string;
  /** `scripts/auth.ts:12:7`; "": unknown. */
  readonly at: string;
  /** The hook begins there, and where in it that was is not known. */
  readonly isHooks: boolean;
  /** Frames, the innermost first, and what caused the error; "": there are none. */
  readonly stack: string;
}

/** Where there are neither sources nor secrets. */
export const unexplained = ({ message }: Failure): FailureTrace => ({
  reason: message,
  at: "",
  isHooks: false,
  stack: "",
});

/** Gets the request's id, the hooks of the call, and what it came to. */
export type PhaseTrace = (id: string, mask: number, result: CallResult) => void;
