// HTTP/2 and TLS beside nginx doing the same, on one core: processor time a request, from HTTP/1.1
// and HTTP/2, in the clear and over TLS, up to the origin by HTTP/1.1; and that of a connection
// with its full handshake. All take turns, so that a busy machine is busy for all of them.
//
//     node bench/http2.ts [--only nginx,sluice,nginx-lua,sluice-script] [--rounds 5] [--seconds 1]
//         [--head small,browser] [--handshakes 1000] [--warm-up 3]
//         [--row "clear, HTTP/2" --row TLS]
//
// With `--row` only rows that begin so. Relays (relay, tapped-relay) take part where HTTP/1.1 in
// the clear is spoken: as many reads and writes, of which nobody reads a byte.

import { parseArgs } from "node:util";
import { CONTESTANTS } from "./contestants.ts";
import { sampleCpu } from "./cpu.ts";
import { HEADS, isHeadName } from "./heads.ts";
import { install } from "./install.ts";
import { handshakes, type LoadPlan, load } from "./load.ts";
import { median } from "./ratios.ts";
import { CLIENT_CORE, type OnStage, PROXY_CORE, Stage } from "./stage.ts";

const ROOT = `${import.meta.dirname}/..`;

const { values } = parseArgs({
  options: {
    only: { type: "string", default: "nginx,sluice,nginx-lua,sluice-script" },
    head: { type: "string", default: Object.keys(HEADS).join(",") },
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "1" },
    row: { type: "string", multiple: true, default: [""] },
    handshakes: { type: "string", default: "1000" },
    "warm-up": { type: "string", default: "3" },
  },
});

const isWanted = (title: string): boolean => values.row.some((start) => title.startsWith(start));

/** Each of Sluice's beside the one that does the same. */
const BESIDE: ReadonlyMap<string, string> = new Map([
  ["sluice", "nginx"],
  ["sluice-script", "nginx-lua"],
]);

const HTTP1 = { protocol: "http1", connections: 64, streams: 1 } as const;
const MANY = { protocol: "http2", connections: 64, streams: 1 } as const;
const SHARED = { protocol: "http2", connections: 8, streams: 8 } as const;
const WAYS = [false, true].flatMap((isSecure) =>
  [HTTP1, SHARED, MANY].map((way) => ({ ...way, isSecure })),
);

/** Of a turn: new connections, each with one request. */
const HANDSHAKES = Number(values.handshakes);
const FULL = "TLS, full handshake";

/** Turns by what is measured, then by contestant: µs. */
type Figures = Map<string, Map<string, number[]>>;

function note(figures: Figures, title: string, name: string, micros: number): void {
  const row = figures.get(title) ?? new Map<string, number[]>();
  figures.set(title, row.set(name, [...(row.get(name) ?? []), micros]));
}

type Way = (typeof WAYS)[number];

const portOf = ({ port, http2Port, tlsPort }: OnStage, { isSecure, protocol }: Way): number =>
  isSecure ? tlsPort : protocol === "http2" ? http2Port : port;

const titleOf = ({ protocol, connections, streams, isSecure }: Way, head: string): string => {
  const version = protocol === "http2" ? "HTTP/2" : "HTTP/1.1";
  return `${isSecure ? "TLS" : "clear"}, ${version}, ${connections} × ${streams}, ${head} head`;
};

/** µs of the contestant for each request that `ask` counts. */
async function costOf({ running }: OnStage, ask: () => Promise<number>): Promise<number> {
  const before = sampleCpu(running.pid);
  const requests = await ask();
  return (sampleCpu(running.pid).treeMicros - before.treeMicros) / requests;
}

async function askFor(plan: LoadPlan, signal: AbortSignal): Promise<number> {
  const { requests, errors } = await load(plan, signal);
  if (errors > 0 || requests === 0) throw new Error(`Cannot compare: ${errors} requests failed.`);
  return requests;
}

async function round(
  places: ReadonlyMap<string, OnStage>,
  figures: Figures,
  seconds: number,
): Promise<void> {
  const { signal } = new AbortController();
  for (const head of values.head.split(",").filter(isHeadName)) {
    for (const way of WAYS.filter((each) => isWanted(titleOf(each, head)))) {
      for (const [name, place] of places) {
        if (name.endsWith("relay") && (way.isSecure || way.protocol === "http2")) continue;
        const of = { core: CLIENT_CORE, seconds, head };
        const plan = { ...way, ...of, port: portOf(place, way) };
        note(figures, titleOf(way, head), name, await costOf(place, () => askFor(plan, signal)));
      }
    }
  }
  for (const [name, place] of isWanted(FULL) ? places : []) {
    if (name.endsWith("relay")) continue;
    const ask = () => handshakes({ port: place.tlsPort, core: CLIENT_CORE }, HANDSHAKES, signal);
    note(figures, FULL, name, await costOf(place, ask));
  }
}

/**
 * The least of each, since what disturbs a turn only ever adds to it, and the median; then the
 * ratio of the least, and the median of the ratios within a round.
 */
function report(figures: Figures, names: readonly string[]): void {
  const pairs = [...BESIDE].filter((pair) => pair.every((name) => names.includes(name)));
  const heads = [...names, ...pairs.map(([ours, theirs]) => `${ours} / ${theirs}`)];
  console.log(`| µs: least, median | ${heads.join(" | ")} |`);
  console.log(`| --- |${" ---: |".repeat(heads.length)}`);
  for (const [title, row] of figures) {
    const turns = (name: string): readonly number[] => row.get(name) ?? [];
    const least = (name: string): number => Math.min(...turns(name));
    const ratios = pairs.map(([ours, theirs]) => {
      const each = turns(ours).map((micros, i) => micros / (turns(theirs)[i] ?? Number.NaN));
      return `${(least(ours) / least(theirs)).toFixed(2)}, ${median(each).toFixed(2)}`;
    });
    const own = names.map((name) =>
      turns(name).length === 0
        ? "–"
        : `${least(name).toFixed(1)}, ${median(turns(name)).toFixed(1)}`,
    );
    console.log(`| ${title} | ${[...own, ...ratios].join(" | ")} |`);
  }
}

const chosen = CONTESTANTS.filter(({ name }) => values.only.split(",").includes(name));
const missing = await install(ROOT, chosen, console.error);
for (const [name, why] of missing) throw new Error(`Cannot compare ${name}: ${why}`);
await using stage = await Stage.open(ROOT);
const places = new Map<string, OnStage>();
for (const contestant of chosen) {
  places.set(contestant.name, await stage.enter(contestant, { core: PROXY_CORE }));
}
await round(places, new Map(), Number(values["warm-up"]));
const figures: Figures = new Map();
try {
  const seconds = Number(values.seconds);
  for (let i = 0; i < Number(values.rounds); i++) await round(places, figures, seconds);
} finally {
  report(figures, [...places.keys()]);
}
