// Where the time goes: one contestant that is written for Node, alone under load with V8's
// profiler on, and the functions that the time was spent in, for each of its threads that was
// busy.

import { copyFile, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { check } from "./check.ts";
import { CONTESTANTS, type Contestant } from "./contestants.ts";
import { byFile, type ProfiledFunction, parseProfile, summariseProfile } from "./cpu-profile.ts";
import { install } from "./install.ts";
import { handshakes, type LoadPlan, load } from "./load.ts";
import { type Options, parseOptions } from "./options.ts";
import { CLIENT_CORE, type OnStage, PROXY_CORE, Stage } from "./stage.ts";

const ROOT = join(import.meta.dirname, "..");

const USAGE = `node bench/profile.ts [flags]

  --only sluice        one contestant that runs in Node (sluice-script)
  --connections 64     client connections
  --head small         small or browser
  --protocol http1     http1 or http2
  --streams 1          requests of a connection at once
  --tls                over TLS
  --handshakes 0       in place of a load: so many connections over TLS, each with one request
  --seconds 5          length of the run that is profiled, after one to warm up
  --top 40             functions to print
  --keep DIR           keep the .cpuprofile files, for a browser's developer tools
`;

/** A thread that was busy for less of the run is not worth a table. */
const BUSY_MIN = 0.02;

const PROFILE_INTERVAL_MICROS = 500;

interface Plan extends Options {
  readonly contestant: Contestant;
  readonly way: Pick<LoadPlan, "protocol" | "streams" | "isSecure">;
  readonly handshakes: number;
  readonly top: number;
  readonly keep: string | undefined;
}

function parsePlan(args: string[]): Plan | null {
  const { values } = parseArgs({
    args,
    options: {
      only: { type: "string", default: "sluice-script" },
      connections: { type: "string", default: "64" },
      head: { type: "string", default: "small" },
      seconds: { type: "string", default: "5" },
      protocol: { type: "string", default: "http1" },
      streams: { type: "string", default: "1" },
      tls: { type: "boolean", default: false },
      handshakes: { type: "string", default: "0" },
      top: { type: "string", default: "40" },
      keep: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return null;
  const { only, connections, head, seconds, protocol } = values;
  if (protocol !== "http1" && protocol !== "http2") {
    throw new Error(`Cannot profile: expected http1 or http2, got ${protocol}.`);
  }
  const way = { protocol, streams: Number(values.streams), isSecure: values.tls } as const;
  const shared = { only, connections, head, seconds };
  const flags = Object.entries(shared).map(([name, value]) => `--${name}=${value}`);
  const contestant = CONTESTANTS.find((each) => each.name === only);
  if (contestant?.command[0] !== "{{node}}") {
    throw new Error(`Cannot profile ${only}: expected one that runs in Node.`);
  }
  const own = { contestant, way, handshakes: Number(values.handshakes) };
  return { ...parseOptions(flags), ...own, top: Number(values.top), keep: values.keep };
}

async function main(): Promise<void> {
  const plan = parsePlan(process.argv.slice(2));
  if (plan === null) return console.log(USAGE);
  await install(ROOT, [plan.contestant], console.error);
  const abort = new AbortController();
  process.once("SIGINT", () => abort.abort(new Error("Stopped.")));

  await using stage = await Stage.open(ROOT);
  const folder = join(stage.folder, "profiles");
  const flags = ["", `-dir=${folder}`, `-interval=${PROFILE_INTERVAL_MICROS}`];
  const env = { NODE_OPTIONS: flags.map((flag) => `--cpu-prof${flag}`).join(" ") };
  const place = await stage.enter(plan.contestant, { core: PROXY_CORE, env });
  const { port, headers } = place;
  await check(plan.contestant, { port, headers, originStatusPort: stage.originStatusPort });
  await ask(plan, place, { signal: abort.signal, isWarmUp: true });
  const fromMicros = nowMicros();
  const requests = await ask(plan, place, { signal: abort.signal, isWarmUp: false });
  const stretch = { fromMicros, toMicros: nowMicros() };
  // The profiles are written when the process ends.
  await stage.leave(place);
  const perSecond = (requests * 1_000_000) / (stretch.toMicros - stretch.fromMicros);
  console.log(`${Math.round(perSecond)} requests/s with the profiler on\n`);

  for (const file of (await readdir(folder)).sort()) {
    if (plan.keep !== undefined) await copyFile(join(folder, file), join(plan.keep, file));
    const profile = parseProfile(await readFile(join(folder, file), "utf8"));
    const summary = summariseProfile(profile, stretch, pathToFileURL(`${ROOT}/`).href);
    const share = summary.busyMicros / (stretch.toMicros - stretch.fromMicros);
    if (share < BUSY_MIN) continue;
    console.log(`Thread of ${file}: busy for ${(share * 100).toFixed(0)} % of the run`);
    const requestMicros = summary.busyMicros / requests;
    const print = printer(summary.busyMicros, requestMicros);
    print("file", byFile(summary.functions).slice(0, 15));
    print("function", summary.functions.slice(0, plan.top));
  }
}

interface Asking {
  readonly signal: AbortSignal;
  readonly isWarmUp: boolean;
}

/** Returns how many requests were answered. */
async function ask(plan: Plan, place: OnStage, { signal, isWarmUp }: Asking): Promise<number> {
  const { way, connections, heads, seconds } = plan;
  const core = CLIENT_CORE;
  if (plan.handshakes > 0) {
    const count = isWarmUp ? plan.handshakes / 2 : plan.handshakes;
    const { protocol = "http1" } = way;
    return await handshakes({ port: place.tlsPort, core, protocol }, count, signal);
  }
  const clear = way.protocol === "http2" ? place.http2Port : place.port;
  const { requests } = await load(
    {
      ...{ ...way, core, headers: place.headers, head: heads[0] ?? "small" },
      ...{ connections: connections[0] ?? 64, seconds: isWarmUp ? 2 : seconds },
      port: way.isSecure ? place.tlsPort : clear,
    },
    signal,
  );
  return requests;
}

/** The clock of V8's profiles. */
const nowMicros = (): number => Number(process.hrtime.bigint() / 1000n);

function printer(busyMicros: number, requestMicros: number) {
  return (title: string, rows: readonly ProfiledFunction[]): void => {
    console.log(`\n  share   µs/request  ${title}`);
    for (const { name, place, selfMicros } of rows) {
      const share = selfMicros / busyMicros;
      const cells = [
        `${(share * 100).toFixed(1)} %`.padStart(7),
        (share * requestMicros).toFixed(2).padStart(11),
      ];
      const short = name.length > 70 ? `${name.slice(0, 70)}…` : name;
      console.log(`${cells.join("  ")}  ${short}  ${place}`.trimEnd());
    }
    console.log();
  };
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
