// What the main thread and its workers say about cells. The main thread starts cells and decides
// which tenant is in which; each worker has sockets of its own to every cell.
//
//   open 3     ──▶ a pair of sockets; the ends for the cell go by their descriptors
//   opened 3   ──▶ the cell has them: this process closes its copies
//   route t 3  ──▶ the turns of tenant t go to cell 3, those of the deployments that it has
//   freeze t   ──▶ no turn of tenant t begins; answered when none is under way
//   forget t   ──▶ tenant t is no more, and nothing runs for it
//   ended 3    ──▶ answered when all that the cell wrote has been read

import type { Failure } from "../../sandbox/call.ts";
import type { BodyModes } from "../../sandbox/load-result.ts";

/** A deployment that cells can run, as a worker needs to know it. */
export interface CellLoad {
  readonly tenant: string;
  /** Hash of the script with all that runs in it. */
  readonly hash: string;
  /** Its number between the main thread, workers and cells. */
  readonly key: number;
  readonly hooks: HookSet;
}

/** What a script's top level left behind. */
export interface HookSet {
  readonly mask: number;
  readonly unknown: readonly string[];
  readonly bodies: BodyModes;
}

/** Whose turn ran when a cell died, and what its call gets for it. */
export interface Blamed {
  readonly worker: number;
  readonly lane: number;
  readonly turn: number;
  readonly failure: Failure;
}

export type CellOrder =
  | { readonly type: "open"; readonly cell: number }
  | { readonly type: "opened"; readonly cell: number }
  | { readonly type: "ended"; readonly cell: number }
  | { readonly type: "freeze"; readonly tenant: string }
  | {
      readonly type: "route";
      readonly tenant: string;
      readonly cell: number;
      /** Deployments that the cell has. */
      readonly keys: readonly number[];
      readonly blamed: Blamed | null;
    }
  | { readonly type: "refuse"; readonly tenant: string; readonly failure: Failure }
  | { readonly type: "forget"; readonly tenants: readonly string[] };

/** Descriptors of the cell's ends: what it reads, and what it writes to. */
export interface CellEnds {
  readonly input: number;
  readonly output: number;
}

/** Unasked, from a worker. */
export type CellNews =
  /** Lanes of that deployment, made or disposed of. */
  | { readonly type: "held"; readonly key: number; readonly by: 1 | -1 }
  /** The cell has written what no honest cell would. */
  | { readonly type: "fault"; readonly cell: number; readonly message: string };
