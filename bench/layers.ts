// What the operator's layer costs: processor time a request of the whole proxy, with the tenant's
// script of two hooks alone, and with the operator's of two hooks around it. The two proxies take
// turns, so that a busy machine is busy for both. Behind each time stands how many turns of
// isolates there were a request: in cells that is most of it, since a turn has its price, however
// many calls it carries.
//
//     node bench/layers.ts [inline|process] [lane of the operator's, if it is another one]

import { readFileSync } from "node:fs";
import { Agent, get } from "node:http";
import { httpOrigin } from "../test/life/http-origin.ts";
import { TestProxy } from "../test/life/proxy.ts";
import { treeOf } from "./cpu.ts";

const ROUNDS = 6;
const REQUESTS = 4_000;
const CLIENTS = 32;
/** Of Linux, as /proc counts. */
const TICK_MS = 10;

const [isolation = "inline", around = isolation] = process.argv.slice(2);

const script = (name: string): string => `
  import { counter, definePhases } from "sluice";
  const requests = counter("requests");
  export default definePhases({
    newCtx: () => ({ n: 0 }),
    requestFilter(_session, ctx) { ctx.n = requests.incr(); },
    responseFilter: ({ response }, ctx) => response.headers.set("x-${name}", String(ctx.n)),
  });`;

/** Of the process and all below it, by their ids: one that ends takes its time along. */
function processorMs(pid: number): Map<number, number> {
  const all = treeOf(pid).map((each): [number, number] => {
    const text = readFileSync(`/proc/${each}/stat`, "utf8");
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return [each, (Number(fields[11]) + Number(fields[12])) * TICK_MS];
  });
  return new Map(all);
}

function ask(port: number, agent: Agent): Promise<void> {
  return new Promise((resolve, reject) => {
    get({ host: "127.0.0.1", port, agent }, (response) => response.resume().on("end", resolve)).on(
      "error",
      reject,
    );
  });
}

async function turnsOf(proxy: TestProxy): Promise<number> {
  const line = /^sluice_turn_calls_count (\d+)$/m.exec(await proxy.metrics());
  return Number(line?.[1] ?? Number.NaN);
}

interface Cost {
  /** Processor time a request. */
  readonly micros: number;
  /** Of isolates, a request. */
  readonly turns: number;
}

async function round(proxy: TestProxy, agent: Agent): Promise<Cost> {
  const { pid = 0 } = proxy.process;
  const turnsBefore = await turnsOf(proxy);
  const before = processorMs(pid);
  const client = async (): Promise<void> => {
    for (let i = 0; i < REQUESTS / CLIENTS; i++) await ask(proxy.port, agent);
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  const used = [...processorMs(pid)].map(([each, ms]) => ms - (before.get(each) ?? 0));
  const micros = (used.reduce((sum, ms) => sum + ms, 0) * 1_000) / REQUESTS;
  return { micros, turns: ((await turnsOf(proxy)) - turnsBefore) / REQUESTS };
}

await using origin = await httpOrigin((_request, response) => response.end("hello"));
const tenant = {
  ...{ hosts: ["*"], script: "tenant.ts", isolation },
  upstreams: { main: { peers: [origin.address] } },
};
const start = (more: object): Promise<TestProxy> =>
  TestProxy.start({
    files: { "tenant.ts": script("tenant"), "operator.ts": script("operator") },
    config: { log: { access: "off" }, store: "none", tenants: { demo: tenant }, ...more },
  });
await using one = await start({});
await using two = await start({ operator: { script: "operator.ts", isolation: around } });
const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS });
const ratios: number[] = [];
for (let i = 0; i < ROUNDS; i++) {
  const figures = [await round(one, agent), await round(two, agent)] as const;
  if (i > 0) ratios.push(figures[1].micros / figures[0].micros);
  const shown = figures.map(({ micros, turns }) => `${micros.toFixed(0)} µs ${turns.toFixed(3)}`);
  console.log(`${shown.join(" turns  ")} turns`);
}
agent.destroy();
const median = ratios.sort((a, b) => a - b)[ratios.length >> 1] ?? 0;
console.log(`two layers, ${isolation} in ${around}: ${median.toFixed(2)} times one layer`);
