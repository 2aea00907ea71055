// `npm run bench`: Sluice and the proxies it is compared with, one after the other and round after
// round; then each two that have a goal side by side. Linux, two cores, root to install.

import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { join } from "node:path";
import { check } from "./check.ts";
import type { Contestant } from "./contestants.ts";
import { CONTESTANTS } from "./contestants.ts";
import { hasNjsCounter, install, withoutCounter } from "./install.ts";
import { load } from "./load.ts";
import { describeMachine, describeVersions } from "./machine.ts";
import { measureQuietly } from "./measure.ts";
import { Listener } from "./noise.ts";
import type { Options } from "./options.ts";
import { kindsOf, parseOptions, USAGE, WARM_UP } from "./options.ts";
import { measurePairs } from "./pairs.ts";
import { toPage, toTables } from "./report.ts";
import { type Failure, type PairsOfKind, type Results, type Run, summarise } from "./results.ts";
import { CLIENT_CORE, PROXY_CORE, Stage } from "./stage.ts";

const ROOT = join(import.meta.dirname, "..");

const say = (line: string): void => console.error(line);

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) {
    console.log(USAGE);
    return 0;
  }
  if (cpus().length < 2) throw new Error("Cannot bench here: expected two cores or more.");
  const chosen = CONTESTANTS.filter(({ name }) => {
    return options.only.length === 0 || options.only.includes(name);
  });
  const missing = await install(ROOT, chosen, say);
  const contestants = await asHere(chosen.filter(({ name }) => !missing.has(name)));
  const abort = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    process.once(name, () => abort.abort(new Error(`Stopped by ${name}.`)));
  }
  const failures = [...missing].map(([contestant, message]) => ({ contestant, message }));
  const repeatUntilMs = performance.now() + options.repeatMinutes * 60_000;
  const listener = new Listener();
  const found = { runs: [], pairs: [], failures };
  const bench = { options, signal: abort.signal, repeatUntilMs, listener, ...found };
  await measure(contestants, bench);
  return await publish(contestants, bench);
}

interface Bench {
  readonly options: Options;
  readonly signal: AbortSignal;
  readonly repeatUntilMs: number;
  readonly listener: Listener;
  readonly runs: Run[];
  readonly pairs: PairsOfKind[];
  readonly failures: Failure[];
}

async function asHere(contestants: readonly Contestant[]): Promise<Contestant[]> {
  const canNjsCount = await hasNjsCounter();
  return contestants.map((each) =>
    each.name === "nginx-njs" && !canNjsCount ? withoutCounter(each) : each,
  );
}

async function measure(contestants: readonly Contestant[], bench: Bench): Promise<void> {
  await using stage = await Stage.open(ROOT);
  for (let round = 1; round <= bench.options.rounds; round += 1) {
    for (const contestant of contestants) {
      if (bench.failures.some((failure) => failure.contestant === contestant.name)) continue;
      say(`Round ${round} of ${bench.options.rounds}: ${contestant.label}`);
      try {
        await measureOne(contestant, stage, bench);
      } catch (error) {
        bench.signal.throwIfAborted();
        const message = error instanceof Error ? error.message : String(error);
        bench.failures.push({ contestant: contestant.name, message });
        say(`  ${message}`);
      }
    }
  }
  bench.pairs.push(...(await measurePairs(contestants, stage, { ...bench, say })));
}

async function measureOne(contestant: Contestant, stage: Stage, bench: Bench): Promise<void> {
  bench.signal.throwIfAborted();
  const place = await stage.enter(contestant, { core: PROXY_CORE });
  try {
    const { originStatusPort } = stage;
    const { seconds, warmUpSeconds } = bench.options;
    const { port, headers } = place;
    await check(contestant, { port, originStatusPort, headers });
    const warmUp = { ...WARM_UP, port, headers, core: CLIENT_CORE, seconds: warmUpSeconds };
    await load(warmUp, bench.signal);
    for (const { head, connections, rate } of kindsOf(bench.options)) {
      const kind = { contestant: contestant.name, head, connections, rate, seconds };
      const repeats = performance.now() < bench.repeatUntilMs;
      const how = { signal: bench.signal, listener: bench.listener, repeats };
      const run = await measureQuietly(kind, { ...place, originStatusPort }, how);
      bench.runs.push(run);
      const pace = rate === 0 ? "closed loop" : `${rate}/s`;
      const cost = `${run.cpuMicros.toFixed(1)} µs a request`;
      say(`  ${head} ${connections}, ${pace}: ${Math.round(run.requestsPerSecond)}/s, ${cost}`);
    }
  } finally {
    await stage.leave(place);
  }
}

async function publish(contestants: readonly Contestant[], bench: Bench): Promise<number> {
  const { options, runs, pairs, failures } = bench;
  const results: Results = {
    date: new Date().toISOString().slice(0, 10),
    command: ["npm run bench --", ...process.argv.slice(2)].join(" "),
    machine: describeMachine(),
    versions: await describeVersions(ROOT),
    labels: Object.fromEntries(contestants.map(({ name, label }) => [name, label])),
    seconds: options.seconds,
    warmUpSeconds: options.warmUpSeconds,
    rounds: options.rounds,
    lines: summarise(runs),
    failures,
    runs,
    pairs,
  };
  const folder = join(ROOT, "bench");
  await writeFile(join(folder, "results.json"), `${JSON.stringify(results, null, 2)}\n`);
  if (options.save) await save(join(folder, "RESULTS.md"), results);
  console.log(toTables(results));
  return failures.length === 0 ? 0 : 1;
}

async function save(file: string, results: Results): Promise<void> {
  const before = existsSync(file) ? await readFile(file, "utf8") : "";
  await writeFile(file, toPage(results, before));
}

try {
  process.exitCode = await main();
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
