// How much is served when there is more to do than one core can: a worker with the two-hook script,
// and ever more clients, each of which asks again as soon as it is answered. Printed is what was
// answered with 200 for each number of clients, in a millisecond of the proxy's processor time,
// which others on the machine do not change much. Origin and load are in this process, on raw
// sockets, so that they cost less than the proxy.
//
//     node bench/overload.ts --seconds 2

import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { freePort } from "../test/support/free-port.ts";

const ROOT = join(import.meta.dirname, "..");
const CLIENTS = [16, 32, 64, 128, 256, 512];
const REQUEST = "GET / HTTP/1.1\r\nHost: a.test\r\nAccept-Language: en\r\n\r\n";
const ANSWER = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n";

interface Served {
  readonly served: number;
  readonly refused: number;
  /** Ascending. */
  readonly tookMs: readonly number[];
}

async function startOrigin(): Promise<Server> {
  const server = createServer((socket) => {
    socket.on("data", () => socket.write(ANSWER)).on("error", () => undefined);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

/** What these clients get in that time. */
async function load(port: number, clients: number, seconds: number): Promise<Served> {
  let served = 0;
  let refused = 0;
  const tookMs: number[] = [];
  const endMs = performance.now() + seconds * 1_000;
  await Promise.all(
    Array.from({ length: clients }, async () => {
      const socket = connect({ port, host: "127.0.0.1", noDelay: true });
      let askedMs = performance.now();
      socket.on("connect", () => socket.write(REQUEST)).setEncoding("latin1");
      socket.on("data", (text: string) => {
        const nowMs = performance.now();
        if (text.startsWith("HTTP/1.1 200")) {
          served++;
          tookMs.push(nowMs - askedMs);
        } else if (text.startsWith("HTTP/1.1 503")) refused++;
        askedMs = nowMs;
        if (nowMs < endMs) socket.write(REQUEST);
        else socket.end();
      });
      await once(socket, "close");
    }),
  );
  return { served, refused, tookMs: tookMs.toSorted((a, b) => a - b) };
}

const TICK_MS = 10;

/** Processor time of a process so far, all its threads. */
function processorMs(pid: number | undefined): number {
  const text = readFileSync(`/proc/${pid}/stat`, "latin1");
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

const at = (ascending: readonly number[], share: number): string =>
  (ascending[Math.floor(ascending.length * share)] ?? 0).toFixed(1);

const { values } = parseArgs({ options: { seconds: { type: "string", default: "2" } } });
const seconds = Number(values.seconds);
const origin = await startOrigin();
const address = origin.address();
if (address === null || typeof address === "string") throw new Error("the origin has no port");
const folder = await mkdtemp(join(tmpdir(), "sluice-overload-"));
const port = await freePort();
await cp(join(ROOT, "bench/peers/sluice-script.ts"), join(folder, "main.ts"));
const config = {
  listeners: [{ address: `127.0.0.1:${port}` }],
  admin: { address: "127.0.0.1:0" },
  store: "none",
  workers: 1,
  log: { level: "info", access: "off" },
  tenants: {
    a: {
      hosts: ["*"],
      script: "main.ts",
      upstreams: { main: { peers: [`127.0.0.1:${address.port}`] } },
    },
  },
};
await writeFile(join(folder, "sluice.yaml"), JSON.stringify(config));
const main = join(ROOT, "src/cli/main.ts");
const proxy = spawn(process.execPath, [main, "serve", "-c", join(folder, "sluice.yaml")]);
proxy.stderr.pipe(process.stderr);
for await (const line of proxy.stdout) if (String(line).includes('"ready"')) break;
await load(port, 64, seconds); // until V8 has compiled what it will
const results = [];
for (const clients of CLIENTS) {
  const before = processorMs(proxy.pid);
  const got = await load(port, clients, seconds);
  results.push({ clients, ...got, each: got.served / (processorMs(proxy.pid) - before) });
}
const best = Math.max(...results.map(({ each }) => each));
for (const { clients, served, refused, tookMs, each } of results) {
  const share = ((100 * each) / best).toFixed(0);
  console.log(
    `${clients} clients: ${each.toFixed(1)} served in a ms of processor time, ${share} % of the ` +
      `best; ${(served / seconds).toFixed(0)} a second, ${refused} refused; ` +
      `p50 ${at(tookMs, 0.5)} ms, p99 ${at(tookMs, 0.99)} ms`,
  );
}
proxy.kill("SIGKILL");
origin.close();
await rm(folder, { recursive: true });
process.exit(0);
