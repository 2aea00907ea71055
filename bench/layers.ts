// What the operator's layer costs: processor time a request of the whole proxy, with the tenant's
// script of two hooks alone, and with the operator's of two hooks around it. The two proxies take
// turns, so that a busy machine is busy for both.
//
//     node bench/layers.ts [inline|process] [lane of the operator's, if it is another one]

import { readFileSync } from "node:fs";
import { Agent, get } from "node:http";
import { httpOrigin } from "../test/life/http-origin.ts";
import { TestProxy } from "../test/life/proxy.ts";

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

/** Of the process and all below it. */
function processorMs(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
  const own = (Number(fields[11]) + Number(fields[12])) * TICK_MS;
  const below = children === "" ? [] : children.split(" ").map(Number);
  return below.reduce((sum, child) => sum + processorMs(child), own);
}

function ask(port: number, agent: Agent): Promise<void> {
  return new Promise((resolve, reject) => {
    get({ host: "127.0.0.1", port, agent }, (response) => response.resume().on("end", resolve)).on(
      "error",
      reject,
    );
  });
}

/** Processor time a request, in µs. */
async function round({ process: { pid = 0 }, port }: TestProxy, agent: Agent): Promise<number> {
  const before = processorMs(pid);
  const client = async (): Promise<void> => {
    for (let i = 0; i < REQUESTS / CLIENTS; i++) await ask(port, agent);
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  return ((processorMs(pid) - before) * 1_000) / REQUESTS;
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
  if (i > 0) ratios.push(figures[1] / figures[0]);
  console.log(figures.map((us) => `${us.toFixed(0)} µs`).join("  "));
}
agent.destroy();
const median = ratios.sort((a, b) => a - b)[ratios.length >> 1] ?? 0;
console.log(`two layers, ${isolation} in ${around}: ${median.toFixed(2)} times one layer`);
