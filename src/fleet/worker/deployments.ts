// Starts a worker's deployments: for each script a warm isolate (or a cell that has it), the lane
// in front of it, and what goes to log, metrics and source map.

import type { TenantConfig } from "../../base/config/types.ts";
import { beginYoung } from "../../base/pretenuring.ts";
import { SourceLines } from "../../control/sourcemap.ts";
import type { Metrics } from "../../observe/metrics.ts";
import { TenantMeter } from "../../observe/tenant-meter.ts";
import type { Deployment, ScriptLog } from "../../phases/deployment.ts";
import { VersionHealth } from "../../phases/version-health.ts";
import type { Failure, Lane } from "../../sandbox/call.ts";
import { messageOf, startFailure, unhandled } from "../../sandbox/death.ts";
import { ScriptIsolate } from "../../sandbox/engine.ts";
import { InlineLane } from "../../sandbox/inline-lane.ts";
import type { RuntimeCode } from "../../sandbox/isolate-options.ts";
import type { LaneObserver, LaneOptions } from "../../sandbox/lane-options.ts";
import type { BodyModes } from "../../sandbox/load-result.ts";
import { cacheKind } from "../../sandbox/memory-cache-call.ts";
import { startTwice } from "../../sandbox/start.ts";
import type { ScriptValues } from "../../sandbox/values.ts";
import type { Watchdog } from "../../sandbox/watchdog.ts";
import type { CacheAccess } from "../../state/cache-messages.ts";
import type { CounterBuffers } from "../../state/counter-memory.ts";
import type { CounterTable } from "../../state/counters.ts";
import { LimitMerge } from "../../state/limit-merge.ts";
import type { LimitTable } from "../../state/limit-table.ts";
import { ASK } from "../../wire/asks.ts";
import { HOOKS } from "../../wire/phases.ts";
import { breakerChanged } from "../shared/breaker-news.ts";
import type { HookSet } from "../shared/cell-messages.ts";
import { PULSE } from "../shared/heartbeat.ts";
import type { ScriptBundle } from "../shared/messages.ts";
import { Redaction } from "../shared/redaction.ts";
import type { ValuesReader } from "../shared/script-values.ts";
import { StartupError, startProblem } from "../shared/start-errors.ts";
import { HookPlaces } from "./hook-places.ts";
import { failureTrace, type TenantLogParts, tenantLog } from "./tenant-log.ts";
import type { WorkerCells } from "./worker-cells.ts";

/** What deployments of one worker share. */
export interface DeploymentContext extends TenantLogParts {
  readonly watchdog: Watchdog;
  readonly runtime: RuntimeCode;
  readonly counterBuffers: CounterBuffers;
  readonly counters: CounterTable;
  readonly caches: CacheAccess;
  readonly values: Pick<ValuesReader, "of">;
  readonly pulse: Int32Array;
  /** Its number, from 1. */
  readonly worker: number;
  /** Null: there are none, and every script runs inline. */
  readonly cells: WorkerCells | null;
}

export interface DeploymentBegin {
  /** Of the tenant. */
  readonly id: string;
  readonly tenant: TenantConfig;
  /** What its rate limits count; null: none of its scripts has any. */
  readonly rateLimits: LimitTable | null;
  /** Index of the tenant in the configuration. */
  readonly tenantIndex: number;
  readonly bundle: ScriptBundle;
  /** Of the script with all that runs in it. */
  readonly hash: string;
}

/** A script that has started, and where its turns are taken. */
interface Started {
  readonly hooks: HookSet;
  readonly lane: Lane;
}

/** What lanes of both kinds get. */
type CommonOptions = Pick<LaneOptions, "values" | "observer" | "hostCallKinds">;

/** A deployment that is ready: its isolate is warm, or a cell has it. Throws StartupError. */
export function startDeployment(begin: DeploymentBegin, context: DeploymentContext): Deployment {
  beginYoung();
  const { tenant, bundle } = begin;
  const source = new SourceLines(bundle.map);
  const values = (): ScriptValues => context.values.of(begin.id);
  const hookPlaces = new HookPlaces(bundle.code, source);
  const redaction = new Redaction(values);
  const shown = (text: string): string => source.mapText(redaction.redact(text));
  const log = tenantLog(context, tenant, shown);
  const { memoryCacheBytes: bytes, memoryCacheEntries: entries } = tenant.limits;
  const cache = { access: context.caches, tenant: begin.id, bounds: { bytes, entries } };
  const hostCallKinds = { [ASK.cache]: cacheKind(cache) };
  const common = { values, hostCallKinds, observer: laneObserver(begin, context, log) };
  const { cells } = context;
  const { hooks, lane } =
    tenant.isolation === "inline" || cells === null
      ? startInline(begin, context, common)
      : startInCell(begin, cells, common);
  for (const name of hooks.unknown) {
    context.logger.warn({ tenant: tenant.name }, `${name} is not a hook: ${HOOKS.join(", ")}`);
  }
  return {
    tenant: tenant.name,
    tenantId: begin.id,
    name: bundle.deployment,
    hooks: hooks.mask,
    bodies: keptBodies(hooks.bodies, tenant.limits.bufferedBodyBytes),
    bodyBytesMax: Math.max(1, tenant.limits.bufferedBodyBytes),
    lane,
    failOpen: tenant.onScriptError === "fail-open",
    health: new VersionHealth(tenant.breaker, (state) => {
      const { deployment } = bundle;
      breakerChanged({ tenant: tenant.name, deployment, state }, context);
    }),
    explain: (failure, hook) => failureTrace(failure, hook, { source, hookPlaces, redaction }),
    log,
    redact: (text) => redaction.redact(text),
    observe: phaseObserver(context.metrics),
    countFailure: (hook, code) => {
      context.metrics.counter("sluice_script_errors_total", tenant.name, hook, code).add();
    },
  };
}

/** A hook that wants bodies whole gets none in pieces, however little its tenant may keep. */
function keptBodies({ request, response }: BodyModes, most: number): BodyModes {
  const kept = (bytes: number): number => (bytes === 0 ? 0 : Math.max(1, Math.min(bytes, most)));
  return { request: kept(request), response: kept(response) };
}

function startInline(
  begin: DeploymentBegin,
  context: DeploymentContext,
  common: CommonOptions,
): Started {
  const create = (): ScriptIsolate => createIsolate(begin, context);
  const { isolate, hooks } = startFirst(create, begin);
  const lane = new InlineLane({ create, ...begin.tenant.limits, ...common }, isolate);
  return { hooks, lane };
}

/** The main thread has seen it start in a cell. */
function startInCell(
  { id, tenant, hash, rateLimits: table }: DeploymentBegin,
  cells: WorkerCells,
  common: CommonOptions,
): Started {
  const load = cells.load(id, hash);
  const { limits } = tenant;
  const rateLimits = table === null ? null : new LimitMerge(table, limits.rateLimits);
  const bounds = { ...limits, countersMax: limits.counters, rateLimits };
  return {
    hooks: load.hooks,
    lane: cells.lane(load, { ...bounds, ...common }),
  };
}

function createIsolate(begin: DeploymentBegin, context: DeploymentContext): ScriptIsolate {
  const { id, tenant, bundle } = begin;
  const { limits } = tenant;
  const options = {
    runtime: context.runtime,
    script: bundle,
    env: tenant.env,
    memoryMiB: limits.memoryMiB,
    limits,
    startupMs: limits.startupMs,
    counters: context.counterBuffers.counts,
    slotOf: (name: string) => context.counters.hold({ tenant: id, name }, limits.counters),
    releaseSlots: (slots: Iterable<number>) => context.counters.release(slots),
    rateLimits: begin.rateLimits?.source(limits.rateLimits, () => context.worker) ?? null,
  };
  Atomics.store(context.pulse, PULSE.START_MS, limits.startupMs);
  try {
    const watch = (isolate: ScriptIsolate): void => context.watchdog.watch(isolate, limits);
    return startTwice(() => new ScriptIsolate(options, watch), limits.startupMs);
  } finally {
    Atomics.store(context.pulse, PULSE.START_MS, 0);
  }
}

function startFirst(
  create: () => ScriptIsolate,
  { tenant: { limits }, bundle: { tenant, map } }: DeploymentBegin,
): { readonly isolate: ScriptIsolate; readonly hooks: HookSet } {
  let isolate: ScriptIsolate;
  try {
    isolate = create();
  } catch (thrown) {
    const reason = startFailure(messageOf(thrown), limits);
    throw new StartupError(startProblem(tenant, reason, null));
  }
  const { loaded } = isolate;
  if (!("error" in loaded)) return { isolate, hooks: loaded };
  isolate.dispose();
  const { message, stack } = loaded.error;
  throw new StartupError(startProblem(tenant, message, { stack, map }));
}

function laneObserver(
  begin: DeploymentBegin,
  context: DeploymentContext,
  log: ScriptLog,
): LaneObserver {
  const { metrics, pulse } = context;
  const tenant = begin.tenant.name;
  const turns = metrics.histogram("sluice_turn_duration_seconds");
  const calls = metrics.histogram("sluice_turn_calls");
  const kills = metrics.counter("sluice_isolate_kills_total", tenant);
  const meter = new TenantMeter(metrics, tenant);
  const none = { tenant, deployment: begin.bundle.deployment, id: "", hook: "" };
  return {
    turn(count, durationMs) {
      turns.observe(durationMs / 1000);
      if (count > 0) calls.observe(count);
      meter.turn(durationMs);
    },
    lost(failure: Failure) {
      kills.add();
      log(4, { ...none, code: failure.code }, `isolate replaced: ${failure.message}`);
    },
    asked: () => meter.asked(),
    stray: (message) => log(4, none, unhandled(message)),
    log: (level, message, { id, hook }) => log(level, { ...none, id, hook }, message),
    enter: () => Atomics.store(pulse, PULSE.TENANT, begin.tenantIndex + 1),
    leave: () => {
      Atomics.store(pulse, PULSE.TENANT, 0);
      // many tenants may have their turns before the event loop moves on
      Atomics.add(pulse, PULSE.BEAT, 1);
    },
  };
}

/** Durations by the first hook of a chain: which hooks of it ran in which time is not measured. */
function phaseObserver(metrics: Metrics): (mask: number, durationMs: number) => void {
  const byHook = HOOKS.map((hook) => metrics.histogram("sluice_phase_duration_seconds", hook));
  return (mask, durationMs) => {
    const last = 31 - Math.clz32(mask);
    byHook[last]?.observe(durationMs / 1000);
  };
}
