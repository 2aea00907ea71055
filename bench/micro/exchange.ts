// What one exchange costs in our own code: 64 requests at a time, whose clients and peers are
// sockets with stubs for handles, so that no system call and no neighbour on the machine is in the
// figure. Prints µs for an exchange, the least of some rounds; bytes allocated, calls on handles,
// and passes of the loop.
//
//     node bench/micro/exchange.ts [small|browser] [rounds] [off|json] [inline|cell|none]
//         [timed|plain] [streams of a client, on HTTP/2] [same|tagged]
//
// With `inline/inline` or `inline/cell` the operator's layer, in the first, is around the script.

import { Deadlines } from "../../src/base/clock.ts";
import { isHeadName } from "../heads.ts";
import { type Cost, ExchangeStand } from "./exchange-stand.ts";
import { startLane } from "./lane-start.ts";

const REQUESTS = 64;
const EXCHANGES = 40_000;
const [head = "small", rounds = "25", access = "off", kind = "", ...more] = process.argv.slice(2);
const [timed = "", streams = "0", responses = "same"] = more;
if (!isHeadName(head)) throw new Error(`Cannot run: expected small or browser, got ${head}`);

const isLane = (name: string): name is "inline" | "cell" => name === "inline" || name === "cell";

const SCRIPT = "../peers/sluice-script.ts";
const [own = "", outer = ""] = kind.split("/").reverse();
const lane = isLane(own) ? await startLane(own, SCRIPT) : null;
const around = isLane(outer) ? await startLane(outer, SCRIPT) : null;
using deadlines = new Deadlines();
const stand = new ExchangeStand(deadlines, {
  clients: REQUESTS / Math.max(1, Number(streams)),
  head,
  deployment: lane?.deployment ?? null,
  around: around?.deployment ?? null,
  access: access === "json" ? "json" : "off",
  isTimed: timed === "timed",
  isElsewhere: kind.includes("cell"),
  streams: Number(streams),
  isTagged: responses === "tagged",
});
const done: Cost[] = [];
for (let index = 0; index < Number(rounds); index++) done.push(await stand.round(EXCHANGES));
const micros = done.map((each) => each.micros).toSorted((a, b) => a - b);
const [least, middle] = [micros[0], micros[micros.length >> 1]].map((each) => each?.toFixed(2));
const written = new Set(stand.clients.map((client) => client.written / client.received));
const { bytes = 0, calls = 0, passes = 0 } = done.at(-1) ?? {};
console.log(`${head}: ${least} µs (median ${middle}), ${bytes.toFixed(0)} bytes allocated`);
console.log(`${calls.toFixed(2)} calls on handles, ${passes.toFixed(2)} passes of the loop`);
const turns = (lane?.counts.turns ?? 0) + (around?.counts.turns ?? 0);
console.log(`${(turns / EXCHANGES / done.length).toFixed(3)} crossings`);
console.log(`bytes of each answer: ${[...written].join(" ")}`);
process.exit(0);
