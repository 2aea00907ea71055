// A script in a lane of its own, inline or in a cell, with nothing of a worker around it.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { limitsOf } from "../../src/base/config/tenant-limits.ts";
import { ReadTap } from "../../src/base/read-tap.ts";
import { bundleScript } from "../../src/control/bundle.ts";
import { buildRuntime } from "../../src/control/bundle-runtime.ts";
import { CellProcess } from "../../src/fleet/cells/cell-process.ts";
import { findSandbox } from "../../src/fleet/children/sandbox.ts";
import { socketPair } from "../../src/fleet/worker/socket-pair.ts";
import { type Deployment, unexplained } from "../../src/phases/deployment.ts";
import { VersionHealth } from "../../src/phases/version-health.ts";
import type { Lane } from "../../src/sandbox/call.ts";
import { CellLane } from "../../src/sandbox/cell/cell-lane.ts";
import { NO_LIMITS } from "../../src/sandbox/cell/cell-limits.ts";
import { CellLink } from "../../src/sandbox/cell/cell-link.ts";
import { ScriptIsolate } from "../../src/sandbox/engine.ts";
import { InlineLane } from "../../src/sandbox/inline-lane.ts";
import { NO_VALUES } from "../../src/sandbox/values.ts";
import { CellCounts } from "../../src/state/cell-counts.ts";
import { createCounterBuffers } from "../../src/state/counter-memory.ts";
import { COUNTERS_MAX, CounterTable } from "../../src/state/counters.ts";

export const TENANT = "bench";

export type LaneKind = "inline" | "cell";

export interface LaneCounts {
  turns: number;
  /** Between worker and cell, in both directions. */
  messages: number;
}

export interface StartedLane {
  readonly deployment: Deployment;
  /** Since the start. */
  readonly counts: LaneCounts;
  /** Time that the cell has used, in ms. */
  usedMs(): number;
  stop(): void;
}

interface Parts {
  readonly runtime: Awaited<ReturnType<typeof buildRuntime>>;
  readonly script: { readonly code: string };
  readonly counts: LaneCounts;
}

type Started = Omit<StartedLane, "deployment" | "counts"> & {
  readonly lane: Lane;
  readonly mask: number;
};

const limits = limitsOf({}, {});
const buffers = createCounterBuffers();

/** @param file  of the script, seen from this folder */
export async function startLane(kind: LaneKind, file: string): Promise<StartedLane> {
  const bundle = await bundleScript(join(import.meta.dirname, file));
  if (!bundle.ok) throw new Error("the script does not bundle");
  const counts = { turns: 0, messages: 0 };
  const parts = { runtime: await buildRuntime(), script: { code: bundle.code }, counts };
  const started = kind === "cell" ? await startCell(parts) : startInline(parts);
  return { ...started, counts, deployment: deploymentOf(started) };
}

const deploymentOf = ({ lane, mask }: Started): Deployment => ({
  ...{ tenant: TENANT, name: "v1", hooks: mask, lane, failOpen: false },
  bodies: { request: 0, response: 0 },
  bodyBytesMax: 1,
  // closed, as that of a version which fares well
  health: new VersionHealth({ failurePercent: 100, minRequests: 1, openMs: 1 }, () => {}),
  explain: unexplained,
  log: () => {},
  observe: () => {},
  redact: String,
  tenantId: "",
  countFailure: (hook, code) => {
    throw new Error(`${hook}: ${code}`);
  },
});

const commonOf = (counts: LaneCounts) => ({
  ...limits,
  values: () => NO_VALUES,
  observer: {
    turn: () => void counts.turns++,
    lost: (failure: { message: string }) => console.error(failure.message),
    stray: console.error,
    asked: () => {},
    log: () => {},
    enter: () => {},
    leave: () => {},
  },
});

function startInline({ runtime, script, counts }: Parts): Started {
  const counters = new CounterTable(buffers);
  const create = () =>
    new ScriptIsolate({
      ...{ runtime, script, limits, env: {}, memoryMiB: 64, startupMs: 1_000 },
      counters: buffers.counts,
      slotOf: (name) => counters.hold({ tenant: TENANT, name }, COUNTERS_MAX),
    });
  const first = create();
  if ("error" in first.loaded) throw new Error(first.loaded.error.message);
  const lane = new InlineLane({ ...commonOf(counts), create }, first);
  return { lane, mask: first.loaded.mask, usedMs: () => 0, stop: () => lane.dispose() };
}

async function startCell({ runtime, script, counts }: Parts): Promise<Started> {
  const tap = new ReadTap();
  const [toCell, fromCell] = await Promise.all([socketPair(), socketPair(tap)]);
  const cell = new CellProcess({
    id: 1,
    runtime,
    sandbox: await findSandbox("auto", process.env.PATH ?? ""),
    memoryBytes: 2 ** 30,
    group: null,
    workers: [[1, toCell.descriptor, fromCell.descriptor]],
    onLine: console.error,
    onReport: () => {},
  });
  await cell.ready;
  for (const { far } of [toCell, fromCell]) far.destroy();
  const cellCounts = new CellCounts(buffers);
  cell.tell({ type: "tenant", name: TENANT, counters: [], limits: NO_LIMITS });
  const deployment = { ...limits, key: 1, tenant: TENANT, script, env: {}, limits };
  const result = await cell.load(deployment, false);
  if (result === null || "error" in result) throw new Error("the script does not start");
  const lane = new CellLane({
    limit: null,
    ...{ ...commonOf(counts), key: 1, lane: 1, turnWaitMs: 1_000, disposed: () => {} },
    count: (note) => cellCounts.apply(TENANT, note, COUNTERS_MAX),
  });
  const link = new CountedLink(
    { toCell: toCell.near, fromCell: fromCell.near, tap },
    {
      receive: (message, from) => {
        counts.messages++;
        return lane.receive(message, from);
      },
      fault: console.error,
    },
  );
  link.sent = () => void counts.messages++;
  lane.attach(link, null);
  const stop = (): void => {
    lane.dispose();
    link.close();
    cell.kill();
  };
  return { lane, mask: result.mask, usedMs: () => cellMs(cell.pid), stop };
}

class CountedLink extends CellLink {
  sent: () => void = () => {};

  override send(...message: Parameters<CellLink["send"]>): void {
    this.sent();
    super.send(...message);
  }
}

/** All threads of the processes below. */
function cellMs(pid: number): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ");
  const own = Number(readFileSync(`/proc/${pid}/schedstat`, "utf8").split(" ")[0]) / 1e6;
  return children.reduce((sum, child) => sum + (child === "" ? 0 : cellMs(Number(child))), own);
}
