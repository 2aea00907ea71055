// How much is served when there is more to do than one core can. Each client asks again once it is
// answered: some dozens of them keep a core busy, and two thousand have all of them something to
// ask for all the time, so that what waits is thirty times as much. All loads of a proxy are
// connected to the same process and take short turns, in rounds: what counts is what they got
// beside each other in a round. Counted is what was answered with 200 in a millisecond of the
// proxy's processor time, all its threads.
//
//     node bench/overload.ts [--only sluice-script,nginx] [--rounds 12] [--counted-ms 300]
//
// Prints, for each load: answers a ms, share of the best (median and quartiles of the rounds),
// answers and refusals a second, p50 and p99 in ms, and how busy the proxy kept its core.

import { join } from "node:path";
import { parseArgs } from "node:util";
import { CONTESTANTS } from "./contestants.ts";
import { median } from "./ratios.ts";
import { CLIENT_CORE, PROXY_CORE, Stage } from "./stage.ts";
import { type Answer, type Turn, TurnLoad } from "./turn-load.ts";

const CLIENTS = [16, 64, 128, 512, 2_000] as const;

interface Entry {
  readonly pid: number;
  readonly clients: number;
  readonly load: TurnLoad;
}

interface Got {
  readonly perMs: number;
  readonly perSecond: number;
  readonly refused: number;
  readonly busy: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const { values } = parseArgs({
  options: {
    only: { type: "string", default: "sluice-script" },
    rounds: { type: "string", default: "12" },
    "counted-ms": { type: "string", default: "300" },
  },
});
const [rounds, countedMs] = [Number(values.rounds), Number(values["counted-ms"])];
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));

await using stage = await Stage.open(join(import.meta.dirname, ".."));
const contestants = CONTESTANTS.filter(({ name }) => values.only.split(",").includes(name));
const entered = [];
for (const contestant of contestants) {
  entered.push({ contestant, at: await stage.enter(contestant, { core: PROXY_CORE }) });
}
const entries = await connect(entered.map(({ at }) => ({ port: at.port, pid: at.running.pid })));
// the first round is for V8, and does not count; a neighbour on the machine comes and goes
for (let round = 0; round <= rounds; round++) {
  for (const { load, pid } of round % 2 === 0 ? entries : entries.toReversed()) {
    await load.turn(pid, countedMs);
  }
}
for (const [index, { contestant }] of entered.entries()) {
  console.log(contestant.label);
  const from = index * CLIENTS.length;
  await report(entries.slice(from, from + CLIENTS.length));
}

/** All loads of all of them, each connected and stopped until its turn. */
async function connect(proxies: readonly { port: number; pid: number }[]): Promise<Entry[]> {
  const connected: Entry[] = [];
  for (const { port, pid } of proxies) {
    for (const clients of CLIENTS) {
      const plan = { port, core: CLIENT_CORE, connections: clients, head: "small" } as const;
      connected.push({ pid, clients, load: await TurnLoad.start(plan) });
    }
  }
  return connected;
}

async function report(loads: readonly Entry[]): Promise<void> {
  const rows: Got[][] = [];
  for (const { load } of loads) {
    const answers = await load.answers();
    rows.push(load.turns.slice(1).map((turn) => gotIn(turn, answers)));
  }
  const best = rows.toSorted((one, other) => middle(other, "perMs") - middle(one, "perMs"))[0];
  for (const [index, row] of rows.entries()) {
    const shares = row.map((got, round) => (100 * got.perMs) / (best?.[round]?.perMs ?? 0));
    const cells = [
      `${loads[index]?.clients} clients`,
      middle(row, "perMs").toFixed(1),
      `${median(shares).toFixed(0)} %`,
      `${at(shares, 0.25).toFixed(0)} to ${at(shares, 0.75).toFixed(0)} %`,
      middle(row, "perSecond").toFixed(0),
      middle(row, "refused").toFixed(0),
      middle(row, "p50Ms").toFixed(1),
      middle(row, "p99Ms").toFixed(1),
      `${middle(row, "busy").toFixed(0)} %`,
    ];
    console.log(`| ${cells.join(" | ")} |`);
  }
}

/** What a client that was stopped waited for is no wait. */
function gotIn(turn: Turn, answers: readonly Answer[]): Got {
  const { resumedMs, fromMs, toMs, processorMs } = turn;
  const own = answers.filter(({ endMs }) => endMs >= fromMs && endMs < toMs);
  const served = own.filter(({ status }) => status === "200");
  const took = served.map(({ endMs, tookMs }) => Math.min(tookMs, endMs - resumedMs));
  const seconds = (toMs - fromMs) / 1_000;
  return {
    perMs: served.length / processorMs,
    perSecond: served.length / seconds,
    refused: (own.length - served.length) / seconds,
    busy: processorMs / seconds / 10,
    p50Ms: at(took, 0.5),
    p99Ms: at(took, 0.99),
  };
}

function middle(row: readonly Got[], of: keyof Got): number {
  return median(row.map((got) => got[of]));
}

function at(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * share)] ?? 0;
}
