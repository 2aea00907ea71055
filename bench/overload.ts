// How much is served when there is more to do than one core can: a worker with the two-hook script
// on a core of its own, the client (h2load) and the origin (nginx) on the other. In a closed loop
// every client asks again once it is answered; at twice the rate that was served at best, two
// thousand of them ask whether they are or not. Counted is what was answered with 200 in a
// millisecond of the proxy's processor time, which others on the machine do not change much.
//
//     node bench/overload.ts --seconds 2 --rounds 3

import { parseArgs } from "node:util";
import { startNginx } from "../test/support/edge-servers.ts";
import { freePort } from "../test/support/free-port.ts";
import { type Load, load, type OneCoreProxy, type Served, startProxy } from "./one-core.ts";
import { median } from "./ratios.ts";

const CLOSED = [16, 64, 128, 512, 2_048] as const;
const CROWD = 2_000;
const at = (ascending: readonly number[], share: number): number =>
  ascending[Math.floor(ascending.length * share)] ?? 0;

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
const plain = await startProxy(originPort);
const strict = await startProxy(originPort, { lagMs: 20 });
// with as many as there will be: the first to come make room in V8's young generation
for (const proxy of [plain, strict]) await load(proxy, { connections: CROWD, seconds, rate: 0 });

const results = new Map<string, Served[]>();
async function measure(
  name: string,
  proxy: OneCoreProxy,
  plan: Omit<Load, "seconds">,
): Promise<Served> {
  const got = await load(proxy, { ...plan, seconds });
  results.set(name, [...(results.get(name) ?? []), got]);
  return got;
}
for (let round = 0; round < Number(values.rounds); round++) {
  let best = 0;
  for (const connections of CLOSED) {
    const name = `${connections} clients, closed loop`;
    const { served } = await measure(name, plain, { connections, rate: 0 });
    best = Math.max(best, served / seconds);
  }
  const twice = { connections: CROWD, rate: 2 * best };
  await measure("twice the best rate", plain, twice);
  await measure("twice the best rate, lagMs: 20", strict, twice);
}
const each = ({ served, processorMs: ms }: Served): number => served / ms;
const medians = [...results].map(([name, all]) => ({ name, all, each: median(all.map(each)) }));
const best = Math.max(...medians.map((one) => one.each));
for (const { name, all, each: served } of medians) {
  const of = (figure: (one: Served) => number): string => median(all.map(figure)).toFixed(1);
  console.log(
    `| ${name} | ${served.toFixed(1)} | ${((100 * served) / best).toFixed(0)} % | ` +
      `${of((one) => one.served / seconds)} | ${of((one) => one.refused / seconds)} | ` +
      `${of(({ tookMs }) => at(tookMs, 0.5))} | ${of(({ tookMs }) => at(tookMs, 0.99))} | ` +
      `${of((one) => one.processorMs / seconds / 10)} |`,
  );
}
await Promise.all([plain.end(), strict.end(), origin[Symbol.asyncDispose]()]);
process.exit(0);
