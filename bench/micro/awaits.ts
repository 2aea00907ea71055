// What an await and a counter cost a script, in a real isolate behind the inline lane: an await of
// what is settled, of an async function, and of a timer, which takes the thread through the host.
// The lowest of many short runs counts, since others use the machine too.
//
//     node [--no-turbofan] bench/micro/awaits.ts [runs]

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { limitsOf } from "../../src/base/config/tenant-limits.ts";
import { bundleScript } from "../../src/control/bundle.ts";
import { buildRuntime } from "../../src/control/bundle-runtime.ts";
import { CHAIN } from "../../src/phases/table.ts";
import type { CallResult, TurnCall } from "../../src/sandbox/call.ts";
import { ScriptIsolate } from "../../src/sandbox/engine.ts";
import { InlineLane } from "../../src/sandbox/inline-lane.ts";
import { NO_VALUES } from "../../src/sandbox/values.ts";
import { createCounterBuffers } from "../../src/state/counter-memory.ts";
import type { FrameWriter } from "../../src/wire/frame.ts";
import { IN } from "../../src/wire/records.ts";

const [runs = "40"] = process.argv.slice(2);
const TIMES = 10_000;

/** By the target that is asked for; each does it so often. */
const WAYS: Readonly<Record<string, string>> = {
  nothing: "",
  "a counter's incr": "for (let i = 0; i < N; i++) n += hits.incr();",
  "an await of a value": "for (let i = 0; i < N; i++) n += await i;",
  "an await of a settled promise": "for (let i = 0; i < N; i++) n += await settled;",
  "an await of an async function": "for (let i = 0; i < N; i++) n += await load(i);",
  "an await of a reaction": "for (let i = 0; i < N; i++) n += await settled.then(one);",
  "an await of a timer of 0 ms, of 100 at once":
    "for (let i = 0; i < N / 100; i++) await Promise.all(Array.from({ length: 100 }, sleep));",
};

const SCRIPT = `import { counter, definePhases } from "sluice";
const hits = counter("hits");
const N = ${TIMES};
const settled = Promise.resolve(1);
const one = () => 1;
const load = async (n: number) => n;
const sleep = () => new Promise((done) => setTimeout(done, 0));
const ways: Record<string, () => Promise<number>> = {
${Object.entries(WAYS)
  .map(([name, code]) => `  ${JSON.stringify(name)}: async () => { let n = 0; ${code} return n; },`)
  .join("\n")}
};
export default definePhases({
  async requestFilter({ request }) {
    await ways[request.headers.get("x-way") ?? ""]?.();
  },
});`;

class Request implements TurnCall {
  readonly startMs = 0;
  readonly isFirst = true;
  readonly #headers: string;
  readonly #done: () => void;

  constructor(way: string, done: () => void) {
    this.#headers = `X-Way: ${way}\r\n`;
    this.#done = done;
  }

  writeTo(frame: FrameWriter, id: number): void {
    frame.record(IN.CALL, id, CHAIN.request & mask, 1, 2, id);
    frame.record(IN.REQUEST, 3, 1, this.#headers.length, 11, 1);
    frame.record(IN.CLIENT, 9, 1234, 20, 0, 1);
    frame.text += `{}GET/${this.#headers}example.com127.0.0.1123456789012345678901`;
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
    this.#done();
  }
}

const folder = mkdtempSync(join(tmpdir(), "sluice-awaits-"));
writeFileSync(join(folder, "main.ts"), SCRIPT);
const bundle = await bundleScript(join(folder, "main.ts"));
rmSync(folder, { recursive: true });
if (!bundle.ok) throw new Error("the script does not bundle");
const runtime = await buildRuntime();
const create = () =>
  new ScriptIsolate({
    runtime,
    script: { code: bundle.code },
    env: {},
    limits: { ...limitsOf({}, {}), requestCpuMs: 3_600_000, hostCalls: 1_000_000 },
    memoryMiB: 64,
    startupMs: 1_000,
    counters: createCounterBuffers().counts,
    slotOf: () => 0,
  });
const first = create();
if ("error" in first.loaded) throw new Error(first.loaded.error.message);
const { mask } = first.loaded;
const nothing = (): void => {};
const observer = {
  ...{ turn: nothing, asked: nothing, lost: nothing, log: nothing, enter: nothing, leave: nothing },
  stray: console.error,
};
const values = () => NO_VALUES;
const options = {
  create,
  hookMs: 10_000,
  memoryMiB: 64,
  hookWallMs: 60_000,
  waitUntilMs: 30_000,
  observer,
  values,
};
const lane = new InlineLane(options, first);

const least = new Map<string, number>();
for (let run = 0; run < Number(runs); run++) {
  for (const way of Object.keys(WAYS)) {
    const cpu = process.cpuUsage();
    await new Promise<void>((done) => lane.submit(new Request(way, done)));
    const { user, system } = process.cpuUsage(cpu);
    least.set(way, Math.min(least.get(way) ?? Number.POSITIVE_INFINITY, user + system));
  }
}
const base = least.get("nothing") ?? 0;
for (const [way, us] of least) {
  if (way === "nothing") console.log(`a call that does nothing: ${us.toFixed(0)} µs`);
  else console.log(`${way}: ${(((us - base) / TIMES) * 1000).toFixed(0)} ns`);
}
lane.dispose();
