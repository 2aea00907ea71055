// HTTP/2 and TLS beside nginx doing the same, on one core: processor time a request, from HTTP/1.1
// and HTTP/2, in the clear and over TLS, up to the origin by HTTP/1.1; and that of a connection
// with its full handshake. All take short turns, with their clients connected all the time.
//
//     node bench/http2.ts [--only nginx,sluice,nginx-lua,sluice-script] [--rounds 12]
//         [--head small,browser] [--warm-up 3] [--handshakes 1000]
//         [--row "clear, HTTP/2" --row TLS]
//
// With `--row` only rows that begin so. Relays (relay, tapped-relay) take part where HTTP/1.1 in
// the clear is spoken: as many reads and writes, of which nobody reads a byte.
//
// Prints, for each row: µs of each (median of the turns), then what ours cost beside what theirs
// did in the turn next to it: the median, and between which two it lies in about nineteen of
// twenty cases.

import { parseArgs } from "node:util";
import { CONTESTANTS } from "./contestants.ts";
import { sampleCpu } from "./cpu.ts";
import { HEADS, isHeadName } from "./heads.ts";
import { install } from "./install.ts";
import { handshakes } from "./load.ts";
import { median, ratiosOf, spreadOf } from "./ratios.ts";
import { CLIENT_CORE, type OnStage, PROXY_CORE, Stage } from "./stage.ts";
import { takeTurns } from "./turns.ts";

const ROOT = `${import.meta.dirname}/..`;

const { values } = parseArgs({
  options: {
    only: { type: "string", default: "nginx,sluice,nginx-lua,sluice-script" },
    head: { type: "string", default: Object.keys(HEADS).join(",") },
    rounds: { type: "string", default: "12" },
    row: { type: "string", multiple: true, default: [""] },
    handshakes: { type: "string", default: "1000" },
    "warm-up": { type: "string", default: "3" },
  },
});
const rounds = Number(values.rounds);
const { signal } = new AbortController();

/** Each of Sluice's, and the one that does the same. */
const BESIDE = [
  ["sluice", "nginx"],
  ["sluice-script", "nginx-lua"],
] as const;

const HTTP1 = { protocol: "http1", connections: 64, streams: 1 } as const;
const MANY = { protocol: "http2", connections: 64, streams: 1 } as const;
const SHARED = { protocol: "http2", connections: 8, streams: 8 } as const;
const WAYS = [false, true].flatMap((isSecure) =>
  [HTTP1, SHARED, MANY].map((way) => ({ ...way, isSecure })),
);
type Way = (typeof WAYS)[number];

const FULL = "TLS, full handshake";

/** A contestant that has been started. */
type Place = OnStage & { readonly name: string };

const portOf = ({ port, http2Port, tlsPort }: OnStage, { isSecure, protocol }: Way): number =>
  isSecure ? tlsPort : protocol === "http2" ? http2Port : port;

const titleOf = ({ protocol, connections, streams, isSecure }: Way, head: string): string => {
  const version = protocol === "http2" ? "HTTP/2" : "HTTP/1.1";
  return `${isSecure ? "TLS" : "clear"}, ${version}, ${connections} × ${streams}, ${head} head`;
};

const isWanted = (title: string): boolean => values.row.some((start) => title.startsWith(start));

const isRelay = ({ name }: Place): boolean => name.endsWith("relay");

async function requestRows(): Promise<void> {
  for (const head of values.head.split(",").filter(isHeadName)) {
    for (const way of WAYS.filter((each) => isWanted(titleOf(each, head)))) {
      const able = places.filter((place) => !isRelay(place) || way === WAYS[0]);
      const rivals = able.map((place) => ({
        pid: place.running.pid,
        plan: {
          ...{ ...way, head, port: portOf(place, way), core: CLIENT_CORE },
          seconds: Number(values["warm-up"]),
        },
      }));
      print(titleOf(way, head), able, await takeTurns(rivals, { rounds, signal }));
    }
  }
}

/** In turns too, each of new connections. */
async function handshakeRow(): Promise<void> {
  const able = places.filter((place) => !isRelay(place));
  const micros = able.map((): number[] => []);
  for (let round = -1; round < rounds; round++) {
    for (const [index, place] of able.entries()) {
      const cost = await handshakeCost(place);
      // the first is for V8
      if (round >= 0) micros[index]?.push(cost);
    }
  }
  print(FULL, able, micros);
}

async function handshakeCost({ tlsPort, running }: Place): Promise<number> {
  const before = sampleCpu(running.pid);
  const to = { port: tlsPort, core: CLIENT_CORE };
  const done = await handshakes(to, Number(values.handshakes), signal);
  return (sampleCpu(running.pid).treeMicros - before.treeMicros) / done;
}

function print(title: string, able: readonly Place[], micros: readonly number[][]): void {
  const cells = places.map((place) => {
    const turns = micros[able.indexOf(place)];
    return turns === undefined ? "–" : median(turns).toFixed(1);
  });
  const turnsOf = (name: string): readonly number[] =>
    micros[able.findIndex((place) => place.name === name)] ?? [];
  const ratios = pairs.map(([ours, theirs]) => {
    const { middle, low, high } = spreadOf(ratiosOf(turnsOf(ours), turnsOf(theirs)));
    return `${middle.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)})`;
  });
  console.log(`| ${[title, ...cells, ...ratios].join(" | ")} |`);
}

// those that are compared next to each other, so that their turns are
const order: readonly string[] = BESIDE.flat();
const chosen = CONTESTANTS.filter(({ name }) => values.only.split(",").includes(name)).toSorted(
  (one, other) => order.indexOf(one.name) - order.indexOf(other.name),
);
const missing = await install(ROOT, chosen, console.error);
for (const [name, why] of missing) throw new Error(`Cannot compare ${name}: ${why}`);
await using stage = await Stage.open(ROOT);
const places: Place[] = [];
for (const contestant of chosen) {
  const place = await stage.enter(contestant, { core: PROXY_CORE });
  places.push({ name: contestant.name, ...place });
}
const names: readonly string[] = places.map(({ name }) => name);
const pairs = BESIDE.filter((pair) => pair.every((name) => names.includes(name)));
const heads = [...names, ...pairs.map((pair) => pair.join(" / "))];
console.log(`| µs | ${heads.join(" | ")} |`);
console.log(`| --- |${" ---: |".repeat(heads.length)}`);
await requestRows();
if (isWanted(FULL)) await handshakeRow();
