// A script that runs for a test: one isolate, its counters and its log, and requests one after the
// other or side by side. Given back with `close`.

import type { RunOptions, RunResult, TestApp, TestRequest } from "../../../sdk/test.ts";
import type { Json } from "../../../sdk/types.ts";
import { Deadlines } from "../../base/clock.ts";
import type { TenantConfig } from "../../base/config/types.ts";
import type { Tenant } from "../../downstream/serve-context.ts";
import type { ScriptBundle } from "../../fleet/shared/messages.ts";
import type { HttpConfig } from "../../fleet/trials/rehearsal-order.ts";
import { ALONE } from "../../fleet/worker/groups.ts";
import { prepareTenants } from "../../fleet/worker/tenants.ts";
import { LogBudgets } from "../../observe/log-budget.ts";
import { Metrics } from "../../observe/metrics.ts";
import { Tail } from "../../observe/tail.ts";
import type { RuntimeCode } from "../../sandbox/isolate-options.ts";
import { ownProcessor } from "../../sandbox/own-processor.ts";
import { Watchdog } from "../../sandbox/watchdog.ts";
import { createCounterBuffers } from "../../state/counter-memory.ts";
import { CounterTable } from "../../state/counters.ts";
import { LimitTable } from "../../state/limit-table.ts";
import { namesRateLimits } from "../../state/limit-tables.ts";
import { MemoryCaches } from "../../state/memory-caches.ts";
import { GroupControls } from "../../upstream/control/group-controls.ts";
import type { GivenValues } from "./given-values.ts";
import { AnyGroups } from "./groups.ts";
import { Recorder } from "./recorder.ts";
import { runRequest } from "./run-request.ts";

export interface AppBegin {
  readonly config: HttpConfig;
  readonly tenant: TenantConfig;
  /** Whatever `upstreamPeer` names is an upstream group. */
  readonly anyGroup: boolean;
  /** Null: the tenant has none. */
  readonly script: ScriptBundle | null;
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
  #running = 0;
  #isClosed = false;

  private constructor(parts: AppParts) {
    this.#recorder = parts.recorder;
    this.#watchdog = parts.watchdog;
    this.#counters = parts.counters;
    this.#values = parts.values;
    this.#config = parts.config;
    this.#tenant = parts.tenant;
  }

  static async start(begin: AppBegin): Promise<ScriptApp> {
    const { config, tenant: tenantConfig, anyGroup, script, runtime, values } = begin;
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
      workers: 1,
    };
    const { name } = tenantConfig;
    const version = {
      version: 0,
      percent: 100,
      isDisabled: false,
      reason: "",
      isOfFile: true,
      hash: "",
    };
    const scripts = script === null ? [] : [{ ...version, bundle: script }];
    const stickyBy = { kind: "address" } as const;
    const served = { scripts, stickyBy, isSuspended: false, testerKey: "" };
    const isLimited = script !== null && namesRateLimits(script.code);
    const rateLimits = isLimited ? LimitTable.make().buffer : null;
    const groups = new GroupControls(1).prepare(name, tenantConfig.upstreams);
    const rest = { rateLimits, groups, hash: "", index: 0 };
    const spec = { id: name, config: tenantConfig, ...served, ...rest };
    const { signal } = new AbortController();
    try {
      const tenants = await prepareTenants([spec], {
        kept: [],
        current: new Map(),
        signal,
        context,
        groups: ALONE,
      });
      const live = tenants.get(name)?.tenant;
      if (live === undefined) throw new Error(`tenant ${name} was not prepared`);
      const tenant = traced(live, recorder, anyGroup);
      await watchdog.pause();
      return new ScriptApp({ config, tenant, recorder, watchdog, counters, values });
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

  counters(): Readonly<Record<string, number>> {
    const values = this.#counters.list();
    return Object.fromEntries(values.map(({ name, value }) => [name, Number(value)]));
  }

  setFlag(name: string, value: Json | undefined): void {
    this.#values.setFlag(name, value);
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#tenant.retire();
    await this.#watchdog.stop();
    this.#deadlines[Symbol.dispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

interface AppParts {
  readonly config: HttpConfig;
  readonly tenant: Tenant;
  readonly recorder: Recorder;
  readonly watchdog: Watchdog;
  readonly counters: CounterTable;
  readonly values: GivenValues;
}

function traced(tenant: Tenant, { trace }: Recorder, anyGroup: boolean): Tenant {
  const { deployment } = tenant;
  const groups = anyGroup ? new AnyGroups() : tenant.groups;
  return {
    ...tenant,
    groups,
    defaultGroup: anyGroup ? (groups.get("default") ?? null) : tenant.defaultGroup,
    deployment: deployment === null ? null : { ...deployment, trace },
  };
}
