// Whether requests notice that PostgreSQL has stopped: one proxy of several that share it, asked at
// a fixed rate, in turns with a server that answers and one that was stopped (SIGSTOP), as a
// machine that hangs. No request asks PostgreSQL for anything, so the ratios should be 1.
//
//     node bench/engine-stopped.ts --seconds 4 --rounds 5

import { spawn } from "node:child_process";
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { sluice } from "../test/cli/fake-admin.ts";
import { startNginx } from "../test/support/edge-servers.ts";
import { freePort } from "../test/support/free-port.ts";
import { Postgres } from "../test/support/postgres.ts";
import { type LoadResult, load } from "./load.ts";
import { median } from "./ratios.ts";

const ROOT = join(import.meta.dirname, "..");
const [PROXY_CORE, CLIENT_CORE] = [0, 1];
const PLAN = { connections: 32, rate: 2_000, head: "small", core: CLIENT_CORE } as const;
const WARM_SECONDS = 3;

const { values } = parseArgs({
  options: { seconds: { type: "string", default: "4" }, rounds: { type: "string", default: "5" } },
});
const seconds = Number(values.seconds);

await using server = await Postgres.start();
const store = server.url(await server.database());
const migrated = await sluice(["store", "migrate", store]);
if (migrated.status !== 0) throw new Error(migrated.stderr);
const [port, originPort] = [await freePort(), await freePort()];
await using _origin = await startNginx(
  `keepalive_requests 100000000; server { listen 127.0.0.1:${originPort}; return 200 "ok\n"; }`,
  { ports: [originPort] },
);
const folder = await mkdtemp(join(tmpdir(), "sluice-stopped-"));
await cp(join(ROOT, "bench/peers/sluice-script.ts"), join(folder, "main.ts"));
const upstreams = { main: { peers: [`127.0.0.1:${originPort}`] } };
const config = {
  listeners: [{ address: `127.0.0.1:${port}` }],
  admin: { address: "127.0.0.1:0" },
  ...{ store, workers: 1, log: { level: "info", access: "off" } },
  tenants: { a: { hosts: ["*"], script: "main.ts", upstreams } },
};
await writeFile(join(folder, "sluice.yaml"), JSON.stringify(config));
const main = join(ROOT, "src/cli/main.ts");
const serve = [process.execPath, main, "serve", "-c", join(folder, "sluice.yaml")];
const proxy = spawn("taskset", ["-c", String(PROXY_CORE), ...serve]);
proxy.stderr.pipe(process.stderr);
for await (const line of proxy.stdout.iterator({ destroyOnReturn: false })) {
  if (String(line).includes('"ready"')) break;
}
proxy.stdout.resume();

const ask = (forSeconds: number): Promise<LoadResult> =>
  load({ ...PLAN, port, seconds: forSeconds }, AbortSignal.timeout(600_000));
await ask(WARM_SECONDS);
const pairs: (readonly [answers: LoadResult, stopped: LoadResult])[] = [];
for (let round = 0; round < Number(values.rounds); round++) {
  const answers = await ask(seconds);
  await server.signal("SIGSTOP");
  pairs.push([answers, await ask(seconds)]);
  await server.signal("SIGCONT");
}
for (const name of ["p50Ms", "p99Ms", "p999Ms", "errors"] as const) {
  const [one, two] = [0, 1].map((i) => median(pairs.map((pair) => pair[i === 0 ? 0 : 1][name])));
  const ratios = pairs.map(([answers, stopped]) => stopped[name] / answers[name]);
  const ratio = name === "errors" ? "" : ` ratio ${median(ratios).toFixed(2)}`;
  console.log(`${name}: it answers ${one}, it is stopped ${two}${ratio}`);
}
proxy.kill("SIGKILL");
await rm(folder, { recursive: true, force: true });
