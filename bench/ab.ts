// Did a change make it cheaper? This checkout against another revision of it: processor time for a
// request, in short turns one after the other, so that a machine that others use too disturbs both
// alike. Throughput would not do: it is what the others leave over.
//
//     node bench/ab.ts --revision main --only sluice,sluice-script --rounds 7

import { execFile } from "node:child_process";
import { mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs, promisify } from "node:util";
import { CONTESTANTS, type Contestant } from "./contestants.ts";
import { sampleCpu } from "./cpu.ts";
import type { HeadName } from "./heads.ts";
import { install } from "./install.ts";
import { type LoadPlan, load } from "./load.ts";
import { parseOptions } from "./options.ts";
import { median } from "./ratios.ts";
import { CLIENT_CORE, PROXY_CORE, Stage } from "./stage.ts";

const ROOT = join(import.meta.dirname, "..");

const USAGE = `node bench/ab.ts [flags]

  --revision main          what this checkout is compared with; "none": this checkout alone
  --only sluice-script     contestants, of which each runs on both sides
  --connections 64         client connections
  --head small             small or browser
  --seconds 2              length of each turn
  --rounds 7               turns of each kind; the median counts
`;

interface Plan {
  readonly revision: string;
  readonly contestants: readonly Contestant[];
  readonly connections: number;
  readonly head: HeadName;
  readonly seconds: number;
  readonly rounds: number;
}

function parsePlan(args: string[]): Plan | null {
  const { values } = parseArgs({
    args,
    options: {
      revision: { type: "string", default: "main" },
      only: { type: "string", default: "sluice-script" },
      connections: { type: "string", default: "64" },
      head: { type: "string", default: "small" },
      seconds: { type: "string", default: "2" },
      rounds: { type: "string", default: "7" },
      help: { type: "boolean", default: false },
    },
  });
  const { revision, help, ...shared } = values;
  if (help) return null;
  const options = parseOptions(Object.entries(shared).map(([name, value]) => `--${name}=${value}`));
  return {
    revision,
    contestants: CONTESTANTS.filter(({ name }) => options.only.includes(name)),
    connections: options.connections[0] ?? 64,
    head: options.heads[0] ?? "small",
    seconds: options.seconds,
    rounds: options.rounds,
  };
}

/** A checkout of the revision that uses the packages of this one. */
async function checkOut(revision: string, folder: string): Promise<string> {
  const root = join(folder, "checkout");
  const git = (...args: string[]) => promisify(execFile)("git", ["-C", ROOT, ...args]);
  await git("worktree", "add", "--detach", root, revision);
  await symlink(join(ROOT, "node_modules"), join(root, "node_modules"));
  return root;
}

/** One contestant on one side: what its turns have cost so far. */
interface Entry {
  readonly side: string;
  readonly contestant: Contestant;
  readonly pid: number;
  readonly plan: LoadPlan;
  readonly cpuMicros: number[];
}

async function enter(side: string, stage: Stage, plan: Plan): Promise<Entry[]> {
  const entries: Entry[] = [];
  for (const contestant of plan.contestants) {
    const { port, running, headers } = await stage.enter(contestant, { core: PROXY_CORE });
    const { connections, head, seconds } = plan;
    const loadPlan = { port, core: CLIENT_CORE, connections, head, seconds, headers };
    entries.push({ side, contestant, pid: running.pid, plan: loadPlan, cpuMicros: [] });
  }
  return entries;
}

/** What one turn cost: µs of processor for a request, the process's children included. */
async function turn({ pid, plan }: Entry, signal: AbortSignal): Promise<number> {
  const before = sampleCpu(pid);
  const { requests, errors } = await load(plan, signal);
  if (errors > 0) throw new Error(`Cannot compare: ${errors} requests failed.`);
  return (sampleCpu(pid).treeMicros - before.treeMicros) / Math.max(1, requests);
}

/** The median of what a turn cost beside the turn of the other side that was next to it. */
function ratioTo(other: Entry, { cpuMicros }: Entry): string {
  const ratios = cpuMicros.map((micros, round) => micros / (other.cpuMicros[round] ?? Number.NaN));
  return median(ratios).toFixed(3).padStart(8);
}

function report(entries: readonly Entry[]): void {
  console.log("contestant       side        median µs   lowest  highest  to other");
  for (const entry of entries) {
    const { contestant, side, cpuMicros } = entry;
    const cells = [median(cpuMicros), Math.min(...cpuMicros), Math.max(...cpuMicros)];
    const figures = cells.map((cell) => cell.toFixed(1).padStart(8)).join(" ");
    const other = entries.find((one) => one.contestant === contestant && one.side !== side);
    const ratio = other === undefined ? "" : ratioTo(other, entry);
    const title = `${contestant.name.padEnd(16)} ${side.slice(0, 12).padEnd(12)}`;
    console.log(`${title} ${figures} ${ratio}`);
  }
}

async function main(): Promise<void> {
  const plan = parsePlan(process.argv.slice(2));
  if (plan === null) return console.log(USAGE);
  const abort = new AbortController();
  process.once("SIGINT", () => abort.abort(new Error("Stopped.")));
  const missing = await install(ROOT, plan.contestants, console.error);
  for (const [name, why] of missing) throw new Error(`Cannot compare ${name}: ${why}`);
  const folder = await mkdtemp(join(tmpdir(), "sluice-ab-"));
  try {
    await compare(plan, folder, abort.signal);
  } finally {
    await rm(folder, { recursive: true, force: true });
    await promisify(execFile)("git", ["-C", ROOT, "worktree", "prune"]);
  }
}

async function compare(plan: Plan, folder: string, signal: AbortSignal): Promise<void> {
  await using here = await Stage.open(ROOT);
  const entries = await enter("here", here, plan);
  if (plan.revision === "none") return await measure(entries, plan.rounds, signal);
  await using there = await Stage.open(await checkOut(plan.revision, folder));
  const both = [...(await enter(plan.revision, there, plan)), ...entries];
  await measure(byName(both), plan.rounds, signal);
}

async function measure(entries: Entry[], rounds: number, signal: AbortSignal): Promise<void> {
  for (const entry of entries) await turn(entry, signal); // to warm up
  for (let round = 0; round < rounds; round++) {
    for (const entry of entries) entry.cpuMicros.push(await turn(entry, signal));
  }
  report(entries);
}

/** The two sides of a contestant next to each other, so that their turns are. */
const byName = (entries: readonly Entry[]): Entry[] =>
  entries.toSorted((a, b) => a.contestant.name.localeCompare(b.contestant.name));

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
