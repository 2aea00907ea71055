// What a connection of either transport needs from its surroundings, and the states of its life.

import type { Deadlines } from "../base/clock.ts";
import type { UpstreamLimits } from "./limits.ts";
import type { Names } from "./names.ts";
import type { Pool } from "./pool.ts";
import type { TlsSessions } from "./tls-sessions.ts";

export interface Surroundings {
  readonly pool: Pool;
  readonly deadlines: Deadlines;
  readonly limits: UpstreamLimits;
  readonly names: Names;
  readonly sessions: TlsSessions;
}

/**
 *     READY ──send──▶ BUSY ──response over──▶ RESTING ──lend──▶ READY
 *       │               └──101──▶ UPGRADED ──detach──▶ DETACHED
 *       └──release──▶ RESTING                            and from anywhere ──destroy──▶ DEAD
 */
export const STATE = {
  READY: 0,
  BUSY: 1,
  RESTING: 2,
  UPGRADED: 3,
  DETACHED: 4,
  DEAD: 5,
} as const;

export type State = (typeof STATE)[keyof typeof STATE];
