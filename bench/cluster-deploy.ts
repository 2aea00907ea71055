// From the POST of a deployment to its 201, when every proxy serves it: at one proxy with a file,
// at one with PostgreSQL, and at three that share one, in turns; and for how much of that time any
// of them waited for PostgreSQL, whose server has a standby that each commit waits for. All of them
// share the cores of this machine, so what the others do counts too.
//
//     node bench/cluster-deploy.ts --rounds 20

import { parseArgs } from "node:util";
import { KEY } from "../test/control/store-stand.ts";
import { everywhere, newStoreAt, plainOrigin } from "../test/life/cluster-stand.ts";
import { deploy, versioned, WITH_TOKEN } from "../test/life/control.ts";
import { oneTenant, TestProxy } from "../test/life/proxy.ts";
import { Postgres } from "../test/support/postgres.ts";
import { EngineLine, waitedMs } from "./engine-line.ts";
import { median } from "./ratios.ts";

const { values } = parseArgs({ options: { rounds: { type: "string", default: "20" } } });
const WARM_ROUNDS = 3;

await using stack = new AsyncDisposableStack();
const server = stack.use(await Postgres.start());
stack.use(await server.standby());
const origin = stack.use(await plainOrigin());

interface Contestant {
  readonly name: string;
  readonly proxies: readonly TestProxy[];
  readonly lines: readonly EngineLine[];
  readonly tookMs: number[];
  readonly waitedMs: number[];
}

async function contestant(name: string, count: number, isShared: boolean): Promise<Contestant> {
  const store = isShared ? await newStoreAt(server) : "";
  const [proxies, lines]: [TestProxy[], EngineLine[]] = [[], []];
  for (let i = 0; i < count; i++) {
    const line = stack.use(await EngineLine.start(server.port));
    const shared = store.replace(`:${server.port}/`, `:${line.port}/`);
    const tenant = oneTenant({ origin: [origin.address] }, { isolation: "inline" });
    const own = isShared ? { store: shared, node: { name: `edge-${i + 1}` } } : {};
    const config = { ...tenant, ...own, log: { access: "off" } };
    const env = { ...WITH_TOKEN, SLUICE_SECRETS_KEY: KEY };
    proxies.push(stack.use(await TestProxy.start({ config, env })));
    lines.push(line);
  }
  return { name, proxies, lines, tookMs: [], waitedMs: [] };
}

async function once(one: Contestant, version: string): Promise<void> {
  const [asked] = one.proxies;
  if (asked === undefined) throw new TypeError("there is a proxy");
  for (const line of one.lines) line.take();
  const fromMs = performance.now();
  const { status, body } = await deploy(asked, versioned(version));
  const toMs = performance.now();
  if (status !== 201) throw new Error(`${one.name}: ${status} ${JSON.stringify(body)}`);
  one.tookMs.push(toMs - fromMs);
  const waits = one.lines.flatMap((line) => line.take());
  one.waitedMs.push(waitedMs(waits, { fromMs, toMs }));
  await everywhere(one.proxies, `${version} ${version}`);
}

const all = [
  await contestant("one, a file", 1, false),
  await contestant("one, PostgreSQL", 1, true),
  await contestant("three, PostgreSQL", 3, true),
];
for (let round = 0; round < WARM_ROUNDS + Number(values.rounds); round++) {
  for (const one of all) {
    await once(one, `${round}`);
    if (round >= WARM_ROUNDS) continue;
    for (const figures of [one.tookMs, one.waitedMs]) figures.length = 0;
  }
}
const shown = (figures: readonly number[]): string => {
  const [least, most] = [Math.min(...figures), Math.max(...figures)];
  return `${median(figures).toFixed(1)} ms (${least.toFixed(1)} – ${most.toFixed(1)})`;
};
for (const { name, tookMs, waitedMs: waited } of all) {
  console.log(`${name}: POST to 201 ${shown(tookMs)}; of that for PostgreSQL ${shown(waited)}`);
}
