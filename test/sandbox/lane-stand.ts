// A deployment without a proxy around it: a script in a real isolate, behind the real lane and the
// real watchdog, for tests that drive phases one by one.

import { limitsOf } from "../../src/base/config/tenant-limits.ts";
import { attribute } from "../../src/control/attribution/attribute.ts";
import { buildRuntime } from "../../src/control/bundle-runtime.ts";
import { type Deployment, type ScriptLogFields, unexplained } from "../../src/phases/deployment.ts";
import { Exchange } from "../../src/phases/exchange.ts";
import type { Outcome } from "../../src/phases/outcome.ts";
import type { BodyChunk } from "../../src/phases/phase-call.ts";
import { runPhases } from "../../src/phases/run.ts";
import { CHAIN } from "../../src/phases/table.ts";
import { VersionHealth } from "../../src/phases/version-health.ts";
import type { Failure, LineAbout } from "../../src/sandbox/call.ts";
import { ScriptIsolate } from "../../src/sandbox/engine.ts";
import { InlineLane } from "../../src/sandbox/inline-lane.ts";
import { cacheKind } from "../../src/sandbox/memory-cache-call.ts";
import { ownProcessor } from "../../src/sandbox/own-processor.ts";
import { NO_VALUES } from "../../src/sandbox/values.ts";
import { Watchdog } from "../../src/sandbox/watchdog.ts";
import { createCounterBuffers } from "../../src/state/counter-memory.ts";
import { COUNTERS_MAX, CounterTable } from "../../src/state/counters.ts";
import { LimitTable } from "../../src/state/limit-table.ts";
import { MemoryCaches } from "../../src/state/memory-caches.ts";
import { ASK } from "../../src/wire/asks.ts";
import { CONTROL } from "../../src/wire/control.ts";
import { NO_SERVICES } from "../support/services.ts";

const runtime = await buildRuntime();

/** The runtime, whose numbers begin again much sooner. */
function askingUpTo(last: number): typeof runtime {
  const parts = runtime.kernel.split("1073741823");
  if (parts.length !== 2) throw new Error(`${parts.length - 1} last numbers in the runtime`);
  return { ...runtime, kernel: parts.join(`${last}`) };
}

const CACHE = { tenant: "demo", bounds: { bytes: 16_777_216, entries: 10_000 } };

export interface StandOptions {
  readonly hookMs?: number;
  readonly hookWallMs?: number;
  readonly memoryMiB?: number;
  readonly requestCpuMs?: number;
  readonly failOpen?: boolean;
  readonly env?: Readonly<Record<string, string>>;
  /** Code before the hooks. */
  readonly before?: string;
  /** The highest number of what it asks the host for: lower than in earnest. */
  readonly lastAskId?: number;
}

export interface LoggedLine {
  readonly level: number;
  readonly message: string;
  readonly fields: ScriptLogFields;
}

export class LaneStand implements Disposable {
  readonly deployment: Deployment;
  /** Lines of the script and of the phases. */
  readonly lines: LoggedLine[] = [];
  /** What went wrong with no request waiting for it. */
  readonly strays: string[] = [];
  /** Deaths of the isolate. */
  readonly deaths: Failure[] = [];
  /** `hook code` of each failure that was counted. */
  readonly failures: string[] = [];
  turns = 0;
  readonly limits = LimitTable.make();
  readonly caches = new MemoryCaches();
  readonly #watchdog = new Watchdog(ownProcessor());
  readonly #buffers = createCounterBuffers();
  readonly #counters = new CounterTable(this.#buffers);
  #requests = 0;
  #isolateNow: ScriptIsolate | null = null;

  /** @param hooks  the inside of `definePhases({ … })`, as JavaScript */
  constructor(hooks: string, options: StandOptions = {}) {
    const { hookMs = 1_000, hookWallMs = 30_000, memoryMiB = 64 } = options;
    const create = (): ScriptIsolate => this.#isolate(hooks, options);
    const first = create();
    if ("error" in first.loaded) {
      first.dispose();
      this.#watchdog.stop();
      throw new Error(first.loaded.error.message);
    }
    const lane = new InlineLane(
      {
        create,
        values: () => NO_VALUES,
        hookMs,
        memoryMiB,
        hookWallMs,
        waitUntilMs: 30_000,
        hostCallKinds: { [ASK.cache]: cacheKind({ access: this.caches, ...CACHE }) },
        observer: this.#observer(),
      },
      first,
    );
    this.deployment = {
      tenant: "demo",
      name: "v1",
      hooks: first.loaded.mask,
      lane,
      bodies: { request: 0, response: 0 },
      bodyBytesMax: 1,
      failOpen: options.failOpen ?? false,
      health: VersionHealth.disabled(),
      explain: unexplained,
      log: (level, fields, message) => this.lines.push({ level, fields, message }),
      observe: () => {},
      redact: String,
      tenantId: "",
      countFailure: (hook, code) => this.failures.push(`${hook} ${code}`),
    };
  }

  #isolate(hooks: string, options: StandOptions): ScriptIsolate {
    const { before = "", env = {}, memoryMiB = 64, hookMs = 1_000, requestCpuMs } = options;
    const names = "counter, definePhases, env, histogram, inflight, log, memoryCache, rateLimit";
    const imports = `const { ${names} } = globalThis.__sluice;`;
    const script = `globalThis.__sluiceScript = { default: definePhases({ ${hooks} }) };`;
    const attributed = attribute(`(() => { ${imports} ${before}\n${script} })()`);
    if (!("code" in attributed)) throw new Error(attributed.text);
    const isolate = new ScriptIsolate({
      runtime: options.lastAskId === undefined ? runtime : askingUpTo(options.lastAskId),
      script: { code: attributed.code },
      env,
      limits: limitsOf({}, requestCpuMs === undefined ? {} : { requestCpuMs }),
      memoryMiB,
      startupMs: 5_000,
      counters: this.#buffers.counts,
      slotOf: (name) => this.#counters.hold({ tenant: "demo", name }, COUNTERS_MAX),
      rateLimits: this.limits.source(limitsOf({}, {}).rateLimits, () => 1),
    });
    this.#watchdog.watch(isolate, { hookMs, startupMs: 5_000 });
    this.#isolateNow = isolate;
    return isolate;
  }

  #observer() {
    return {
      turn: () => {
        this.turns++;
      },
      lost: (failure: Failure) => this.deaths.push(failure),
      asked: () => {},
      stray: (message: string) => this.strays.push(message),
      log: (level: number, message: string, about: LineAbout) => {
        const fields = { tenant: "demo", deployment: "v1", ...about };
        this.lines.push({ level, fields, message });
      },
      enter: () => {},
      leave: () => {},
    };
  }

  /** The watchdog sleeps until somebody enters. */
  get isUnwatched(): boolean {
    return this.#isolateNow?.windows.control[CONTROL.UNWATCHED] === 1;
  }

  exchange(target = "/", headers = "Host: a.example\r\n"): Exchange {
    return new Exchange({
      id: `id-${++this.#requests}`,
      startMs: 1_000,
      client: { address: "192.0.2.1", port: 4321, tlsText: "" },
      version: "1.1",
      host: "a.example",
      authority: "a.example",
      states: null,
      ...NO_SERVICES,
      mayHaveTrailers: false,
      tenant: "demo",
      meter: null,
      deployment: this.deployment,
      outer: null,
      method: "GET",
      target,
      headers,
    });
  }

  /** What came of the chain; the exchange has its effects. */
  run(exchange: Exchange, chain: number, chunk: BodyChunk | null = null): Promise<Outcome> {
    const input = { layer: exchange, chain, chunk };
    return new Promise((resolve) => runPhases(exchange, input, resolve));
  }

  /** Chunks of different requests through the hooks of response bodies, in one frame. */
  async chunks(texts: readonly string[]): Promise<Outcome[]> {
    const running = texts.map((text) => {
      const chunk = { bytes: Buffer.from(text, "latin1"), isEnd: false };
      return this.run(this.exchange(), CHAIN.responseBody, chunk);
    });
    return await Promise.all(running);
  }

  /** Value of a counter; 0 if there is none. */
  count(name: string): number {
    return Number(this.#counters.list().find((counter) => counter.name === name)?.value ?? 0);
  }

  /** Messages, without the failures that the phases report. */
  messages(): string[] {
    return this.lines.filter(({ fields }) => fields.code === undefined).map((line) => line.message);
  }

  [Symbol.dispose](): void {
    this.deployment.lane.dispose();
    void this.#watchdog.stop();
  }
}

/** What became of a chunk; null: it passes as it is. */
export const bodyText = ({ body }: Outcome): string | null =>
  body === null ? null : body.toString("latin1");

/** The text of an answer; null if there is none. */
export const answerText = ({ answer }: Outcome): string | null =>
  answer === null ? null : answer.body.toString("utf8");

/** The same where the script makes the body as it goes; rejects if that breaks off. */
export const streamedText = ({ answer }: Outcome): Promise<string> =>
  new Promise((resolve, reject) => {
    let text = "";
    const source = answer?.source;
    if (source === undefined) return resolve(answer?.body.toString("utf8") ?? "");
    source.open({
      onData(chunk) {
        text += chunk.toString("utf8");
        return true;
      },
      onEnd: () => resolve(text),
      onError: reject,
    });
  });

/** Runs until the hook has logged something. Returns what happens when the client goes away. */
export async function begin(stand: LaneStand, exchange: Exchange): Promise<() => void> {
  const done = (): void => {
    throw new Error("expected no result: it was cancelled");
  };
  const before = stand.lines.length;
  const input = { layer: exchange, chain: CHAIN.request, chunk: null };
  const running = runPhases(exchange, input, done);
  while (stand.lines.length === before) await new Promise((resolve) => setImmediate(resolve));
  return () => running?.cancel();
}
