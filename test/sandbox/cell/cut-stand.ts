// A cell that dies between two of its messages, wherever that is: what had left it comes to its
// workers, nothing else does, and the next cell begins with what the host has counted. The real
// host of a cell, lanes, frames and sockets, in this process.

import { limitsOf } from "../../../src/base/config/tenant-limits.ts";
import { attribute } from "../../../src/control/attribution/attribute.ts";
import { buildRuntime } from "../../../src/control/bundle-runtime.ts";
import type { Outcome } from "../../../src/phases/outcome.ts";
import { runPhases } from "../../../src/phases/run.ts";
import { CHAIN } from "../../../src/phases/table.ts";
import { CellHost } from "../../../src/sandbox/cell/cell-host.ts";
import { CellLane } from "../../../src/sandbox/cell/cell-lane.ts";
import { NO_LIMITS } from "../../../src/sandbox/cell/cell-limits.ts";
import type { WorkerEnd } from "../../../src/sandbox/cell/cell-turn.ts";
import { FlightWriter, openFlight } from "../../../src/sandbox/cell/flight.ts";
import type { PipeMessage } from "../../../src/sandbox/cell/pipe.ts";
import { ownProcessor } from "../../../src/sandbox/own-processor.ts";
import { NO_VALUES } from "../../../src/sandbox/values.ts";
import { Watchdog } from "../../../src/sandbox/watchdog.ts";
import { CellCounts } from "../../../src/state/cell-counts.ts";
import { createCounterBuffers } from "../../../src/state/counter-memory.ts";
import { CounterTable } from "../../../src/state/counters.ts";
import { LimitMerge } from "../../../src/state/limit-merge.ts";
import { encodeLimitNews } from "../../../src/state/limit-notes.ts";
import { LimitTable } from "../../../src/state/limit-table.ts";
import { NO_CLUSTER } from "../../../src/wire/limits/cluster.ts";
import { deploymentOf, exchangeOf } from "../bare-exchange.ts";
import { linkTo } from "../cell-sockets.ts";

const runtime = await buildRuntime();
const HOOK_MS = 1_000;
const NAMES = "counter, definePhases, inflight, rateLimit";
const OBSERVER = {
  ...{ turn: () => {}, lost: () => {}, asked: () => {}, stray: () => {}, log: () => {} },
  ...{ enter: () => {}, leave: () => {} },
};

/** How many messages leave a cell for each of its workers. */
export type Passes = readonly number[];

export class CutStand implements Disposable {
  readonly #code: string;
  readonly #buffers = createCounterBuffers();
  readonly #counters = new CounterTable(this.#buffers);
  readonly #limits = LimitTable.make();
  readonly #watchdog = new Watchdog(ownProcessor());
  readonly #lanes: CellLane[];
  #mask = 0;
  #ends: (() => void)[] = [];
  /** Messages that have left, and have not come yet. */
  #under = 0;

  /** @param hooks  the inside of `definePhases({ … })`, as JavaScript */
  constructor(before: string, hooks: string, workers = 1) {
    const code = `(() => { const { ${NAMES} } = globalThis.__sluice; ${before}
      globalThis.__sluiceScript = { default: definePhases({ ${hooks} }) }; })()`;
    const attributed = attribute(code);
    if (!("code" in attributed)) throw new Error(attributed.text);
    this.#code = attributed.code;
    this.#lanes = Array.from({ length: workers }, (_, i) => this.#lane(i + 1));
  }

  #lane(worker: number): CellLane {
    const counts = new CellCounts(this.#buffers);
    const merge = new LimitMerge(this.#limits, 100);
    return new CellLane({
      ...{ values: () => NO_VALUES, hookMs: HOOK_MS, memoryMiB: 64, hookWallMs: 10_000 },
      ...{ waitUntilMs: 1_000, observer: OBSERVER, key: 1, lane: worker, turnWaitMs: 60_000 },
      count: (note) => counts.apply("t", note, 1_000),
      limit: (news) => merge.takeFromCell(news, worker),
      disposed: () => {},
    });
  }

  /**
   * A cell has the lanes from now on. `isCut` resolves when a message was held back. `isShared`: it
   * has another tenant too, so that its turns wait for each other.
   */
  async cell(
    passes: Passes = [],
    { isShared = false } = {},
  ): Promise<{ readonly isCut: Promise<void> }> {
    const host = this.#host();
    if (isShared) host.told({ type: "tenant", name: "other", counters: [], limits: NO_LIMITS });
    const cut = Promise.withResolvers<void>();
    const left = [...passes];
    for (const [i, lane] of this.#lanes.entries()) {
      const received = (worker: WorkerEnd, message: PipeMessage): void => {
        const send = (reply: PipeMessage): void => {
          const rest = left[i] ?? Number.POSITIVE_INFINITY;
          left[i] = rest - 1;
          if (rest <= 0) return cut.resolve();
          this.#under++;
          worker.send(reply);
        };
        host.received({ index: worker.index, send }, message);
      };
      const { link, attach, end } = await linkTo({ received }, i + 1);
      const receive: CellLane["receive"] = (message, from) => {
        this.#under--;
        return lane.receive(message, from);
      };
      attach({ receive });
      lane.attach(link, null);
      this.#ends.push(end);
    }
    return { isCut: cut.promise };
  }

  /** The cell is gone, and what had left it has been read. */
  async kill(): Promise<void> {
    while (this.#under > 0) await new Promise((resolve) => setImmediate(resolve));
    for (const lane of this.#lanes) lane.detach();
    for (const end of this.#ends.splice(0)) end();
  }

  #host(): CellHost {
    const host = new CellHost({
      flight: new FlightWriter(openFlight()),
      watchdog: this.#watchdog,
      tell: (message) => {
        if (message.type !== "loaded" || message.result === null) return;
        if (!("mask" in message.result)) throw new Error(JSON.stringify(message.result));
        this.#mask = message.result.mask;
      },
      collect: () => {},
    });
    host.told({ type: "begin", runtime, keptBytes: 0 });
    const begun = new CellCounts(this.#buffers).begin("t");
    const counters = begun.map(({ name, value }) => ({ name, value: String(value) }));
    const notes = encodeLimitNews(this.#limits.news()).toString("base64");
    const limits = { key: this.#limits.key, notes, terms: NO_CLUSTER };
    host.told({ type: "tenant", name: "t", counters, limits });
    const deployment = {
      ...{ key: 1, tenant: "t", script: { code: this.#code }, env: {}, limits: limitsOf({}, {}) },
      ...{ hookMs: HOOK_MS, memoryMiB: 64, startupMs: 5_000 },
    };
    host.told({ type: "load", deployment, isTried: false });
    return host;
  }

  /** A request for that path through the hooks of its head. @param worker  its place, from 0 */
  ask(path: string, worker = 0): Promise<Outcome> {
    const lane = this.#lanes[worker];
    if (lane === undefined) throw new Error(`no worker ${worker}`);
    const request = { target: path, headers: "" };
    const exchange = exchangeOf(request, deploymentOf(lane, this.#mask), null);
    const input = { layer: exchange, chain: CHAIN.request, chunk: null };
    return new Promise((resolve) => runPhases(exchange, input, resolve));
  }

  /** Value of a counter, as the host has it. */
  count(name: string): number {
    return Number(this.#counters.list().find((counter) => counter.name === name)?.value ?? 0);
  }

  /** Waits until the host has counted so far. */
  async counted(name: string, count: number): Promise<void> {
    while (this.count(name) < count) await new Promise((resolve) => setImmediate(resolve));
  }

  /** What a limit has let through, as the host has it, and what is left of it for that key. */
  limit(name: string, key: string) {
    const found = this.#limits.totals().find((limit) => limit.name === name);
    const remaining = this.#limits.standing(name, key)?.remaining;
    return { allowed: Number(found?.allowed ?? 0n), remaining };
  }

  [Symbol.dispose](): void {
    for (const lane of this.#lanes) lane.dispose();
    for (const end of this.#ends) end();
    void this.#watchdog.stop();
  }
}
