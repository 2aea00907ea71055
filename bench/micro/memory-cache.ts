// What a `get` of memoryCache costs between a worker and the main thread: round trips of some gets
// at a time, as one pass of the event loop asks for them. The processor time is both threads'. The
// lowest of many short runs counts, since others use the machine too.
//
//     node bench/micro/memory-cache.ts [bytes of a value]

import { once } from "node:events";
import { isMainThread, type MessagePort, Worker, workerData } from "node:worker_threads";
import { cachePort } from "../../src/fleet/main/workers/cache-server.ts";
import { CacheClient } from "../../src/fleet/worker/cache-client.ts";
import { MemoryCaches } from "../../src/state/memory-caches.ts";

const GETS = 20_000;
const RUNS = 10;
const AT_ONCE = [1, 8, 32, 128];

interface Given {
  readonly port: MessagePort;
}

function askFrom({ port }: Given): Promise<void> {
  const client = new CacheClient(port);
  port.ref();
  const request = { type: "get", tenant: "bench", key: '"key"' } as const;
  const round = async (atOnce: number): Promise<number> => {
    const startedMs = performance.now();
    for (let left = GETS; left > 0; left -= atOnce) {
      const gets = Array.from({ length: atOnce }, () => {
        return new Promise<void>((resolve) => void client.ask(request, () => resolve()));
      });
      await Promise.all(gets);
    }
    return performance.now() - startedMs;
  };
  return rounds(round).finally(() => client.close());
}

async function rounds(round: (atOnce: number) => Promise<number>): Promise<void> {
  for (const atOnce of AT_ONCE) {
    let [leastMs, leastCpuMs] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
    for (let run = 0; run < RUNS; run++) {
      const before = process.cpuUsage();
      leastMs = Math.min(leastMs, await round(atOnce));
      const { user, system } = process.cpuUsage(before);
      leastCpuMs = Math.min(leastCpuMs, (user + system) / 1_000);
    }
    const per = (ms: number): string => ((ms * 1_000) / GETS).toFixed(1);
    console.log(`${atOnce} at once: ${per(leastMs)} µs a get, ${per(leastCpuMs)} µs of processor`);
  }
}

if (isMainThread) {
  const caches = new MemoryCaches();
  const value = JSON.stringify("x".repeat(Number(process.argv[2] ?? 1_024)));
  const setting = { ttlMs: 3_600_000, staleMs: 0, bounds: { bytes: 16_777_216, entries: 10 } };
  caches.ask({ type: "set", tenant: "bench", key: '"key"', value, ...setting }, () => {});
  const port = cachePort(caches);
  const worker = new Worker(new URL(import.meta.url), {
    workerData: { port },
    transferList: [port],
  });
  await once(worker, "exit");
} else await askFrom(workerData);
