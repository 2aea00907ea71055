// What it costs to refuse a request for overload, beside what it costs to serve it: one worker with
// the two-hook script on a core of its own, once with nothing refused and once with nineteen of
// twenty. What the served ones take is taken off.
//
//     node bench/refusals.ts --seconds 2 --rounds 3

import { parseArgs } from "node:util";
import { startNginx } from "../test/support/edge-servers.ts";
import { freePort } from "../test/support/free-port.ts";
import { load, startProxy } from "./one-core.ts";
import { median } from "./ratios.ts";

const CONNECTIONS = 256;

const { values } = parseArgs({
  options: { seconds: { type: "string", default: "2" }, rounds: { type: "string", default: "3" } },
});
const seconds = Number(values.seconds);
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));
const originPort = await freePort();
const origin = await startNginx(
  `keepalive_requests 100000000; server { listen 127.0.0.1:${originPort}; return 200 "ok\\n"; }`,
  { ports: [originPort] },
);
const plain = await startProxy(originPort, { lagMs: 0, memoryPercent: 0 });
const shedding = await startProxy(originPort, { lagMs: 0, memoryPercent: 0, requests: 1 });

for (const protocol of ["http1", "http2"] as const) {
  const plan = { connections: CONNECTIONS, seconds, rate: 0, protocol };
  const costs: { served: number; refused: number; share: number }[] = [];
  for (let round = 0; round < Number(values.rounds); round++) {
    const all = await load(plain, plan);
    const few = await load(shedding, plan);
    const served = all.processorMs / all.served;
    const refused = (few.processorMs - few.served * served) / few.refused;
    costs.push({ served, refused, share: few.refused / (few.refused + few.served) });
  }
  const of = (figure: (one: (typeof costs)[number]) => number): number => median(costs.map(figure));
  console.log(
    `| ${protocol} | served ${(1_000 * of((one) => one.served)).toFixed(1)} µs ` +
      `| refused ${(1_000 * of((one) => one.refused)).toFixed(1)} µs ` +
      `| ${(100 * of((one) => one.share)).toFixed(0)} % refused |`,
  );
}
await Promise.all([plain.end(), shedding.end(), origin[Symbol.asyncDispose]()]);
process.exit(0);
