// What an exchange costs a worker, in reads and writes by the kernel's count, whatever the store
// is: nothing on the way of a request asks it, or tells it anything.

import assert from "node:assert/strict";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { Agent, get, type IncomingMessage } from "node:http";
import type { TestContext } from "node:test";
import { answered, everywhere, ok } from "./cluster-stand.ts";
import { deploy, versioned, WITH_TOKEN } from "./control.ts";
import { oneTenant, TestProxy } from "./proxy.ts";

const WARM_UP = 50;
const EXCHANGES = 50;
/** What else goes on is over in one of them. */
const ROUNDS = 10;

/** @param shared  has its store in PostgreSQL */
export async function costTheSame(t: TestContext, shared: TestProxy, origin: string) {
  const skip = countsOf(process.pid).size === 0 && "the kernel does not count calls of threads";
  await t.test("an exchange costs a worker the same calls as with a file", { skip }, async () => {
    const config = oneTenant({ origin: [origin] });
    await using alone = await TestProxy.start({ config, env: WITH_TOKEN });
    for (const proxy of [alone, shared]) {
      ok(await answered(() => deploy(proxy, versioned("same"))));
      await everywhere([proxy], "same same");
    }
    const [withFile, withPostgres] = [await callsOfOne(alone), await callsOfOne(shared)];
    assert.ok(withFile >= 1, "reads and writes are counted");
    const more = Math.abs(withPostgres - withFile);
    assert.ok(more < 0.5, `${withPostgres} and ${withFile} calls`);
  });
}

/** Of the worker, for one of many exchanges of a client that waits for each. */
async function callsOfOne({ port, process: { pid = 0 } }: TestProxy): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const exchange = async (): Promise<void> => {
    const [response]: IncomingMessage[] = await once(get({ port, agent }), "response");
    response?.resume();
    if (response !== undefined) await once(response, "end");
  };
  const rounds: number[] = [];
  for (let i = 0; i < WARM_UP; i++) await exchange();
  for (let round = 0; round < ROUNDS; round++) {
    const before = countsOf(pid);
    for (let i = 0; i < EXCHANGES; i++) await exchange();
    // no other thread has as much to do
    const all = [...countsOf(pid)].map(([thread, count]) => count - (before.get(thread) ?? 0));
    rounds.push(Math.max(...all) / EXCHANGES);
  }
  agent.destroy();
  return Math.min(...rounds);
}

/** Reads and writes so far of each thread of a process. Empty: the kernel does not say. */
function countsOf(pid: number): ReadonlyMap<string, number> {
  try {
    const threads = readdirSync(`/proc/${pid}/task`);
    return new Map(threads.map((thread) => [thread, countOf(`/proc/${pid}/task/${thread}/io`)]));
  } catch {
    return new Map();
  }
}

function countOf(path: string): number {
  const counts = readFileSync(path, "utf8").matchAll(/^sysc[rw]: (\d+)$/gm);
  return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
}
