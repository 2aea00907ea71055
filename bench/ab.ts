// Did a change make it cheaper? This checkout against another revision of it: processor time for a
// request, in turns of a quarter of a second one after the other, of some starts each. A neighbour
// on the same physical core makes all of it 1.5 times as dear and comes and goes within seconds:
// so only turns next to each other compare, and the more of them the better. Throughput would not
// do at all: it is what the others leave over.
//
//     node bench/ab.ts --revision main --only sluice,sluice-script --starts 2 --rounds 30
//     node bench/ab.ts --revision none --only nginx-lua,sluice-script

import { execFile } from "node:child_process";
import { mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs, promisify } from "node:util";
import { CONTESTANTS, type Contestant } from "./contestants.ts";
import type { HeadName } from "./heads.ts";
import { install } from "./install.ts";
import { parseOptions } from "./options.ts";
import { median, ratiosOf, spreadOf } from "./ratios.ts";
import { CLIENT_CORE, PROXY_CORE, Stage } from "./stage.ts";
import { type Rival, takeTurns } from "./turns.ts";

const ROOT = join(import.meta.dirname, "..");

const USAGE = `node bench/ab.ts [flags]

  --revision main          what this checkout is compared with; "none": this checkout alone, and
                           each contestant with the first
  --only sluice-script     contestants, of which each runs on both sides
  --connections 64         client connections
  --head small             small or browser
  --starts 2               starts of each on either side
  --warm-up 3              seconds of load before the turns
  --rounds 30              turns of each start
`;

interface Plan {
  readonly revision: string;
  readonly contestants: readonly Contestant[];
  readonly connections: number;
  readonly head: HeadName;
  readonly starts: number;
  readonly warmUpSeconds: number;
  readonly rounds: number;
}

const STARTS_MAX = 20;

function parsePlan(args: string[]): Plan | null {
  const { values } = parseArgs({
    args,
    options: {
      revision: { type: "string", default: "main" },
      only: { type: "string", default: "sluice-script" },
      connections: { type: "string", default: "64" },
      head: { type: "string", default: "small" },
      starts: { type: "string", default: "2" },
      "warm-up": { type: "string", default: "3" },
      rounds: { type: "string", default: "30" },
      help: { type: "boolean", default: false },
    },
  });
  const { revision, help, starts, ...shared } = values;
  if (help) return null;
  const options = parseOptions(Object.entries(shared).map(([name, value]) => `--${name}=${value}`));
  if (!/^\d+$/.test(starts) || Number(starts) < 1 || Number(starts) > STARTS_MAX) {
    throw new Error(`Cannot use --starts ${starts}: expected a number from 1 to ${STARTS_MAX}.`);
  }
  return {
    revision,
    contestants: options.only.flatMap((one) => CONTESTANTS.filter(({ name }) => name === one)),
    connections: options.connections[0] ?? 64,
    head: options.heads[0] ?? "small",
    starts: Number(starts),
    warmUpSeconds: options.warmUpSeconds,
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

/** One start of a contestant on one side. */
interface Entry extends Rival {
  readonly side: string;
  readonly contestant: Contestant;
  /** From 0. */
  readonly start: number;
}

interface Measured extends Entry {
  readonly cpuMicros: readonly number[];
  /** What it cost beside its base (isBaseOf), in each round; null: it is that itself. */
  readonly ratios: readonly number[] | null;
}

async function enter(side: string, stage: Stage, plan: Plan): Promise<Entry[]> {
  const entries: Entry[] = [];
  for (const contestant of plan.contestants) {
    for (let start = 0; start < plan.starts; start++) {
      const { port, running, headers } = await stage.enter(contestant, { core: PROXY_CORE });
      const { connections, head, warmUpSeconds: seconds } = plan;
      const loadPlan = { port, core: CLIENT_CORE, connections, head, seconds, headers };
      entries.push({ side, contestant, start, pid: running.pid, plan: loadPlan });
    }
  }
  return entries;
}

function report(all: readonly Measured[]): void {
  console.log("contestant         side         start   lowest µs  median µs   beside the other");
  for (const [name, entries] of Map.groupBy(all, nameOf)) {
    for (const { start, cpuMicros, ratios } of entries) {
      const cells = [Math.min(...cpuMicros), median(cpuMicros)];
      const figures = cells.map((cell) => cell.toFixed(1).padStart(9)).join("  ");
      console.log(`${name} ${`${start + 1}`.padStart(5)}   ${figures}   ${spreadText(ratios)}`);
    }
    const ratios = entries.flatMap((entry) => entry.ratios ?? []);
    if (entries.length > 1 && ratios.length > 0) {
      console.log(`${name}   all   ${" ".repeat(20)}   ${spreadText(ratios)}`);
    }
  }
}

const nameOf = ({ contestant, side }: Entry): string =>
  `${contestant.name.padEnd(18)} ${side.slice(0, 12).padEnd(12)}`;

function spreadText(ratios: readonly number[] | null): string {
  if (ratios === null) return "";
  const { middle, low, high } = spreadOf(ratios);
  return `${middle.toFixed(3)} (${low.toFixed(3)} to ${high.toFixed(3)})`;
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
  if (plan.revision === "none") return report(await measure(entries, plan, signal));
  await using there = await Stage.open(await checkOut(plan.revision, folder));
  const both = [...(await enter(plan.revision, there, plan)), ...entries];
  report(await measure(besideEachOther(both), plan, signal));
}

async function measure(
  entries: readonly Entry[],
  { rounds, revision }: Plan,
  signal: AbortSignal,
): Promise<Measured[]> {
  const micros = await takeTurns(entries, { rounds, signal });
  return entries.map((entry, index) => {
    const other = entries.findIndex((one) => isBaseOf(one, entry, revision));
    const cpuMicros = micros[index] ?? [];
    const ratios = other === index ? null : ratiosOf(cpuMicros, micros[other] ?? []);
    return { ...entry, cpuMicros, ratios };
  });
}

/** Whether that is what the entry is compared with; the base itself is its own. */
function isBaseOf(one: Entry, entry: Entry, revision: string): boolean {
  if (one.start !== entry.start) return false;
  return revision === "none" || (one.contestant === entry.contestant && one.side === revision);
}

/** Those that are compared next to each other, so that their turns are. */
const besideEachOther = (entries: readonly Entry[]): Entry[] =>
  entries.toSorted(
    (a, b) => a.contestant.name.localeCompare(b.contestant.name) || a.start - b.start,
  );

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
