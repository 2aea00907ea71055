// A script that runs for a test: one isolate, its counters and its log, and requests one after the
// other or side by side. Given back with `close`.

import type { RunOptions, RunResult, TestApp, TestRequest } from "../../../sdk/test.ts";
import type { Json } from "../../../sdk/types.ts";
import { Deadlines } from "../../base/clock.ts";
import { ownerText } from "../../base/config/operator.ts";
import type { Tenant } from "../../downstream/serve-context.ts";
import type { HttpConfig } from "../../fleet/trials/rehearsal-order.ts";
import { ALONE } from "../../fleet/worker/groups.ts";
import { prepareTenants } from "../../fleet/worker/tenants.ts";
import type { CaptureRecord } from "../../observe/capture/record.ts";
import { LogBudgets } from "../../observe/log-budget.ts";
import { Metrics } from "../../observe/metrics.ts";
import { Tail } from "../../observe/tail.ts";
import type { PhaseTrace } from "../../phases/deployment.ts";
import type { RuntimeCode } from "../../sandbox/isolate-options.ts";
import { ownProcessor } from "../../sandbox/own-processor.ts";
import { Watchdog } from "../../sandbox/watchdog.ts";
import { createCounterBuffers } from "../../state/counter-memory.ts";
import { CounterTable } from "../../state/counters.ts";
import { MemoryCaches } from "../../state/memory-caches.ts";
import { scopedName } from "../../wire/scopes.ts";
import type { GivenValues } from "./given-values.ts";
import { AnyGroups } from "./groups.ts";
import { type Owner, ownerSpec } from "./owner-spec.ts";
import { Recorder } from "./recorder.ts";
import { replayRequest } from "./replay-request.ts";
import { runRequest } from "./run-request.ts";

export interface AppBegin {
  readonly config: HttpConfig;
  readonly owner: Owner;
  /** Whose script is around it; null: nobody's. */
  readonly around: Owner | null;
  /** Whatever `upstreamPeer` names is an upstream group. */
  readonly anyGroup: boolean;
  readonly runtime: RuntimeCode;
  readonly values: GivenValues;
}

export class ScriptApp implements TestApp {
  readonly #recorder: Recorder;
  readonly #deadlines = new Deadlines();
  readonly #watchdog: Watchdog;
  readonly #counters: CounterTable;
  readonly #values: GivenValues;
  readonly #config: HttpConfig;
  readonly #tenant: Tenant;
  readonly #around: readonly Tenant[];
  readonly #name: string;
  #running = 0;
  #isClosed = false;

  private constructor(parts: AppParts) {
    this.#recorder = parts.recorder;
    this.#watchdog = parts.watchdog;
    this.#counters = parts.counters;
    this.#values = parts.values;
    this.#config = parts.config;
    this.#tenant = parts.tenant;
    this.#around = parts.around;
    this.#name = parts.name;
  }

  static async start(begin: AppBegin): Promise<ScriptApp> {
    const { config, owner, around, anyGroup, runtime, values } = begin;
    const buffers = createCounterBuffers();
    const counters = new CounterTable(buffers);
    const recorder = new Recorder();
    const watchdog = new Watchdog(ownProcessor());
    const context = {
      logger: recorder.logger,
      metrics: new Metrics(),
      watchdog,
      runtime,
      counterBuffers: buffers,
      counters,
      caches: new MemoryCaches(),
      values,
      pulse: new Int32Array(16),
      cells: null,
      tail: new Tail(() => undefined),
      logBudgets: new LogBudgets(),
      ...{ worker: 1, workers: 1 },
    };
    const owners = around === null ? [owner] : [owner, around];
    const { signal } = new AbortController();
    try {
      const tenants = await prepareTenants(owners.map(ownerSpec), {
        kept: [],
        current: new Map(),
        signal,
        context,
        groups: ALONE,
      });
      const of = ({ config: { name } }: Owner): Tenant => {
        const live = tenants.get(name)?.tenant;
        if (live === undefined) throw new Error(`${ownerText(name)} was not prepared`);
        return traced(live, recorder.traceOf(name));
      };
      const live = of(owner);
      const tenant = anyGroup ? withAnyGroup(live) : live;
      await watchdog.pause();
      const parts = { config, tenant, around: around === null ? [] : [of(around)] };
      return new ScriptApp({
        ...parts,
        name: owner.config.name,
        recorder,
        watchdog,
        counters,
        values,
      });
    } catch (thrown) {
      await watchdog.stop();
      throw thrown;
    }
  }

  get log() {
    return this.#recorder.log;
  }

  async run(request: TestRequest = {}, options: RunOptions = {}): Promise<RunResult> {
    if (this.#isClosed) throw new Error("Cannot run a request: the app is closed");
    const parts = {
      config: this.#config,
      tenant: this.#tenant,
      around: this.#around,
      recorder: this.#recorder,
      deadlines: this.#deadlines,
    };
    if (this.#running++ === 0) this.#watchdog.resume();
    try {
      return await runRequest(parts, request, options);
    } finally {
      if (--this.#running === 0 && !this.#isClosed) await this.#watchdog.pause();
    }
  }

  /** What comes of a captured request; rejects if it does not come as far as a record. */
  async replay(record: CaptureRecord): Promise<CaptureRecord> {
    const parts = { config: this.#config, tenant: untraced(this.#tenant) };
    this.#watchdog.resume();
    try {
      return await replayRequest({ ...parts, deadlines: this.#deadlines }, record);
    } finally {
      await this.#watchdog.pause();
    }
  }

  counters(): Readonly<Record<string, number>> {
    const values = this.#counters.list().filter(({ tenant }) => tenant === this.#name);
    const own = values.map((one) => ({ ...one, ...scopedName(one.name) }));
    const shown = own.filter(({ isOthers }) => !isOthers);
    return Object.fromEntries(shown.map(({ name, value }) => [name, Number(value)]));
  }

  setFlag(name: string, value: Json | undefined): void {
    this.#values.setFlag(name, value);
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const tenant of [this.#tenant, ...this.#around]) tenant.retire();
    await this.#watchdog.stop();
    this.#deadlines[Symbol.dispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

interface AppParts {
  readonly config: HttpConfig;
  readonly name: string;
  readonly tenant: Tenant;
  /** The layers around it, the outermost first. */
  readonly around: readonly Tenant[];
  readonly recorder: Recorder;
  readonly watchdog: Watchdog;
  readonly counters: CounterTable;
  readonly values: GivenValues;
}

function traced(tenant: Tenant, trace: PhaseTrace): Tenant {
  const { deployment } = tenant;
  return { ...tenant, deployment: deployment === null ? null : { ...deployment, trace } };
}

/** Its hooks run in the calls in which they were captured, not each in its own. */
function untraced(tenant: Tenant): Tenant {
  const { deployment } = tenant;
  if (deployment === null) return tenant;
  const { trace: _, ...rest } = deployment;
  return { ...tenant, deployment: rest };
}

function withAnyGroup(tenant: Tenant): Tenant {
  const groups = new AnyGroups();
  return { ...tenant, groups, defaultGroup: groups.get("default") ?? null };
}
