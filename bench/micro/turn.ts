// What a turn costs: the two calls of a request (newCtx and requestFilter; responseFilter)
// through the inline lane with 32 exchanges at a time, against a bare crossing.
//
//     node bench/micro/turn.ts

import { runnable } from "../../src/control/attribution/attribute.ts";
import { buildRuntime } from "../../src/control/bundle-runtime.ts";
import { CHAIN } from "../../src/phases/table.ts";
import type { CallResult, TurnCall } from "../../src/sandbox/call.ts";
import { ScriptIsolate } from "../../src/sandbox/engine.ts";
import { InlineLane } from "../../src/sandbox/inline-lane.ts";
import { NO_VALUES } from "../../src/sandbox/values.ts";
import { createCounterBuffers } from "../../src/state/counter-memory.ts";
import { COUNTERS_MAX, CounterTable } from "../../src/state/counters.ts";
import type { FrameWriter } from "../../src/wire/frame.ts";
import { IN } from "../../src/wire/records.ts";

const SCRIPT = `const { counter, definePhases } = globalThis.__sluice;
const n = counter("n");
globalThis.__sluiceScript = { default: definePhases({
  newCtx: () => ({ n: 0, beta: false }),
  requestFilter(session, ctx) {
    ctx.beta = session.request.headers.has("beta-flag");
    ctx.n = n.incr();
  },
  responseFilter(session, ctx) { session.response.headers.set("x-n", \`\${ctx.n}\`); },
}) };`;

const REQUEST = "Host: example.com\r\nUser-Agent: wrk\r\nX-Forwarded-For: 127.0.0.1\r\n";
const RESPONSE = "Server: nginx\r\nContent-Type: text/plain\r\nContent-Length: 18\r\n";
const BATCH = 32;
const ROUNDS = 20_000;

class Request implements TurnCall {
  readonly startMs = 0;
  readonly isFirst = true;
  ctx = "{}";
  chain: number = CHAIN.request;
  writeTo(frame: FrameWriter, id: number): void {
    const mask = this.chain & MASK;
    frame.record(IN.CALL, id, mask, 1, this.ctx.length, id);
    frame.record(IN.REQUEST, 3, 1, REQUEST.length, 11, 1);
    frame.record(IN.CLIENT, 9, 1234, 20, 0, 16);
    frame.text += `${this.ctx}GET/${REQUEST}example.com127.0.0.112345678901234567890${START}`;
    if (this.chain === CHAIN.request) return;
    frame.record(IN.UPSTREAM, 14, 15, 1, 0, 5);
    frame.record(IN.RESPONSE, 200, RESPONSE.length);
    frame.text += `127.0.0.1:9001127.0.0.1:34567${RESPONSE}`;
  }
  readBody(): void {}

  keep(): void {}

  whenGone(): void {}

  streamBody(): { close(): void } {
    return { close: () => undefined };
  }
  fetch(): null {
    return null;
  }
  goOn(): () => void {
    return () => {};
  }
  log(): void {}
  settle(result: CallResult): void {
    if (result.failure !== null) throw new Error(result.failure.message);
    this.ctx = result.ctx;
    done++;
    if (this.chain === CHAIN.request) {
      this.chain = CHAIN.response;
      lane.submit(this);
    } else start();
  }
}

const START = "1700000000000.12";
const buffers = createCounterBuffers();
const counters = new CounterTable(buffers);
const create = () =>
  new ScriptIsolate({
    runtime,
    script: runnable(SCRIPT, ""),
    env: {},
    memoryMiB: 64,
    startupMs: 1000,
    counters: buffers.counts,
    slotOf: (name) => counters.hold({ tenant: "bench", name }, COUNTERS_MAX),
  });
const runtime = await buildRuntime();
const first = create();
if ("error" in first.loaded) throw new Error(first.loaded.error.message);
const MASK = first.loaded.mask;
const nothing = (): void => {};
const observer = {
  turn: nothing,
  asked: () => {},
  lost: nothing,
  stray: (message: string) => console.log(message),
  log: nothing,
  enter: nothing,
  leave: nothing,
};
const values = () => NO_VALUES;
const options = {
  create,
  hookMs: 50,
  memoryMiB: 64,
  hookWallMs: 30_000,
  waitUntilMs: 30_000,
  observer,
  values,
};
const lane = new InlineLane(options, first);
let done = 0;
let started = 0;
let finish: () => void = nothing;

function start(): void {
  if (started++ < ROUNDS) lane.submit(new Request());
  else finish();
}

for (let run = 0; run < 6; run++) {
  done = 0;
  started = 0;
  const startMs = performance.now();
  const cpu = process.cpuUsage();
  const { promise, resolve } = Promise.withResolvers<void>();
  finish = resolve;
  for (let i = 0; i < BATCH; i++) start();
  await promise;
  const { user, system } = process.cpuUsage(cpu);
  const ms = performance.now() - startMs;
  const [wall, processor] = [(ms * 1000) / done, (user + system) / done];
  console.log(`${wall.toFixed(2)} µs a call, ${processor.toFixed(2)} µs of processor`);
  await new Promise((resume) => setTimeout(resume, 50));
}
lane.dispose();
