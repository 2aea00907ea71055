// A script in both lanes, in one process: inline, and behind the real frames and sockets of a cell.
// Its calls are noted in one of them and run again in the other, from their notes.

import assert from "node:assert/strict";
import { limitsOf } from "../../src/base/config/tenant-limits.ts";
import { buildRuntime } from "../../src/control/bundle-runtime.ts";
import type { CallNotes } from "../../src/phases/exchange.ts";
import { runPhases } from "../../src/phases/run.ts";
import { CHAIN } from "../../src/phases/table.ts";
import { type CallResult, type Lane, newEffects } from "../../src/sandbox/call.ts";
import { CellHost } from "../../src/sandbox/cell/cell-host.ts";
import { CellLane } from "../../src/sandbox/cell/cell-lane.ts";
import { NO_LIMITS } from "../../src/sandbox/cell/cell-limits.ts";
import { FlightWriter, openFlight } from "../../src/sandbox/cell/flight.ts";
import { ScriptIsolate } from "../../src/sandbox/engine.ts";
import type { HostCallKind } from "../../src/sandbox/host-call-table.ts";
import { InlineLane } from "../../src/sandbox/inline-lane.ts";
import { cacheKind } from "../../src/sandbox/memory-cache-call.ts";
import { ownProcessor } from "../../src/sandbox/own-processor.ts";
import { Watchdog } from "../../src/sandbox/watchdog.ts";
import { createCounterBuffers } from "../../src/state/counter-memory.ts";
import { CounterTable } from "../../src/state/counters.ts";
import { LimitMerge } from "../../src/state/limit-merge.ts";
import { LimitTable } from "../../src/state/limit-table.ts";
import { MemoryCaches } from "../../src/state/memory-caches.ts";
import { ASK } from "../../src/wire/asks.ts";
import { type AskedOf, deploymentOf, exchangeOf } from "./bare-exchange.ts";
import { linkTo } from "./cell-sockets.ts";

const runtime = await buildRuntime();
const HOOK_MS = 5_000;
const VALUES = JSON.stringify({ flags: { beta: true, n: 3 }, secrets: { KEY: "k".repeat(32) } });
const OBSERVER = {
  ...{ turn: () => {}, lost: () => {}, asked: () => {}, stray: () => {}, log: () => {} },
  ...{ enter: () => {}, leave: () => {} },
};

export interface Script {
  readonly code: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Answers otherwise each time, and says how often it was asked. */
class Origin {
  asked = 0;
  readonly kind: HostCallKind = {
    acts: () => false,
    waitsForClient: false,
    start: (_call, { text }, answer) => {
      const n = ++this.asked;
      const head = [200, "OK", "http://origin/", false, true, true];
      const bytes = Buffer.from(JSON.stringify({ n, at: Math.random(), text }));
      const timer = setTimeout(
        () => answer({ ok: true, text: `${JSON.stringify(head)}\nx-n: ${n}\r\n`, bytes }),
        n % 3,
      );
      return { close: () => clearTimeout(timer) };
    },
  };
}

export class NotedLane implements Disposable {
  readonly origin = new Origin();
  readonly #lane: Lane;
  readonly #mask: number;
  readonly #ends: (() => void)[];

  private constructor(lane: Lane, mask: number, ends: (() => void)[]) {
    this.#lane = lane;
    this.#mask = mask;
    this.#ends = ends;
  }

  static inline(script: Script): NotedLane {
    const { buffers, counters, limits } = memory();
    const watchdog = new Watchdog(ownProcessor());
    const create = (): ScriptIsolate => {
      const isolate = new ScriptIsolate({
        ...{ runtime, script, env: script.env ?? {}, limits: limitsOf({}, {}), memoryMiB: 64 },
        ...{ startupMs: HOOK_MS, counters: buffers.counts },
        slotOf: (name) => counters.hold({ tenant: "t", name }, 1_000),
        rateLimits: limits.source(limitsOf({}, {}).rateLimits, () => 1),
      });
      watchdog.watch(isolate, { hookMs: HOOK_MS, startupMs: HOOK_MS });
      return isolate;
    };
    const first = create();
    if (!("mask" in first.loaded)) {
      void watchdog.stop();
      throw new Error(JSON.stringify(first.loaded));
    }
    const ends: (() => void)[] = [() => void watchdog.stop()];
    const make = (options: LaneBasics): Lane => new InlineLane({ ...options, create }, first);
    return NotedLane.#of(make, first.loaded.mask, ends);
  }

  static async cell(script: Script): Promise<NotedLane> {
    const watchdog = new Watchdog(ownProcessor());
    let mask = 0;
    const host = new CellHost({
      flight: new FlightWriter(openFlight()),
      watchdog,
      tell: (message) => {
        if (message.type !== "loaded" || message.result === null) return;
        assert.ok("mask" in message.result, JSON.stringify(message.result));
        ({ mask } = message.result);
      },
      collect: () => {},
    });
    host.told({ type: "begin", runtime, keptBytes: 0 });
    const name = "t";
    host.told({ type: "tenant", name, counters: [], limits: NO_LIMITS });
    const deployment = {
      ...{ key: 1, tenant: name, script, env: script.env ?? {}, limits: limitsOf({}, {}) },
      ...{ hookMs: HOOK_MS, memoryMiB: 64, startupMs: HOOK_MS },
    };
    host.told({ type: "load", deployment, isTried: false });
    const { link, end, attach } = await linkTo(host);
    const merge = new LimitMerge(memory().limits, 100);
    const make = (options: LaneBasics): Lane => {
      const lane = new CellLane({
        ...options,
        ...{ key: 1, lane: 1, turnWaitMs: HOOK_MS, count: () => true, disposed: () => {} },
        limit: (news) => merge.takeFromCell(news, 1),
      });
      attach(lane);
      lane.attach(link, null);
      return lane;
    };
    return NotedLane.#of(make, mask, [end, () => void watchdog.stop()]);
  }

  static #of(make: (options: LaneBasics) => Lane, mask: number, ends: (() => void)[]): NotedLane {
    const origin = new Origin();
    const access = new MemoryCaches();
    const bounds = { bytes: 1_048_576, entries: 1_000 };
    const lane = make({
      ...{ values: () => ({ revision: 1, text: VALUES }), hookMs: HOOK_MS, memoryMiB: 64 },
      ...{ hookWallMs: 10_000, waitUntilMs: 1_000, observer: OBSERVER },
      hostCallKinds: {
        [ASK.cache]: cacheKind({ access, tenant: "t", bounds }),
        [ASK.fetch]: origin.kind,
      },
    });
    const made = new NotedLane(lane, mask, ends);
    Object.assign(made, { origin });
    return made;
  }

  /** What became of a request and its response; noted, or from the notes of another run. */
  async run(request: AskedOf, notes: readonly string[] | null): Promise<Ran> {
    const results: CallResult[] = [];
    const learnt: string[] = [];
    const callNotes: CallNotes = {
      before: () => notes?.[learnt.length] ?? "",
      after: (_chain, text) => learnt.push(text ?? ""),
    };
    const lane: Lane = {
      heapBytes: 0,
      dispose: () => {},
      submit: (call) => this.#lane.submit(spied(call, (result) => results.push(result))),
    };
    const exchange = exchangeOf(request, deploymentOf(lane, this.#mask), callNotes);
    const chain = (mask: number) =>
      new Promise<boolean>((resolve) => {
        const input = { layer: exchange, chain: mask, chunk: null };
        runPhases(exchange, input, ({ answer, error }) => resolve((answer ?? error) === null));
      });
    if (await chain(CHAIN.request)) {
      const { method, target, headers } = exchange;
      exchange.upstreamRequest = { method, target, headers };
      await chain(CHAIN.connected);
      const ours = { headers: 'content-type: text/plain\r\netag: "a"\r\n', mayHaveId: false };
      exchange.response = { status: 200, ...ours, source: 0 };
      await chain(CHAIN.response);
    }
    await chain(CHAIN.logging);
    return { notes: learnt, effects: results.map(shown) };
  }

  [Symbol.dispose](): void {
    this.#lane.dispose();
    for (const end of this.#ends) end();
  }
}

type LaneBasics = Omit<ConstructorParameters<typeof InlineLane>[0], "create">;

export interface Ran {
  readonly notes: readonly string[];
  /** As text, byte for byte, call by call. */
  readonly effects: readonly string[];
}

function memory() {
  const buffers = createCounterBuffers();
  return { buffers, counters: new CounterTable(buffers), limits: LimitTable.make() };
}

/** Times are the machine's. */
function shown({ effects, endMs: _, ...result }: CallResult): string {
  const kept = { ...(effects ?? newEffects()), notes: null, used: null, size: 0 };
  return JSON.stringify({ ...result, effects: kept }, (_key, value) =>
    Buffer.isBuffer(value) ? value.toString("latin1") : value,
  );
}

type Submitted = Parameters<Lane["submit"]>[0];

/** The call, with an ear at its result. */
function spied(call: Submitted, heard: (result: CallResult) => void): Submitted {
  return {
    startMs: call.startMs,
    isFirst: call.isFirst,
    writeTo: (frame, id, nowMs) => call.writeTo(frame, id, nowMs),
    log: (level, hook, message) => call.log(level, hook, message),
    readBody: (done) => call.readBody(done),
    streamBody: (answer) => call.streamBody(answer),
    whenGone: (tell) => call.whenGone(tell),
    fetch: (ask, answer) => call.fetch(ask, answer),
    goOn: (allow) => call.goOn(allow),
    keep: (hold) => call.keep(hold),
    settle: (result) => {
      heard(result);
      call.settle(result);
    },
  };
}
