// A worker's deployments: for each tenant with a script an isolate that is warm, the lane in front
// of it, and the wires to log, metrics and source map.

import type { TenantConfig } from "../base/config/types.ts";
import { SourceLines } from "../control/sourcemap.ts";
import type { Logger } from "../observe/log.ts";
import type { Metrics } from "../observe/metrics.ts";
import { logScriptMessage } from "../observe/script-log.ts";
import type { Tail } from "../observe/tail.ts";
import type { Deployment, ScriptLog } from "../phases/deployment.ts";
import type { Failure } from "../sandbox/call.ts";
import { type RuntimeCode, ScriptIsolate } from "../sandbox/engine.ts";
import { InlineLane } from "../sandbox/inline-lane.ts";
import type { LaneObserver } from "../sandbox/lane-options.ts";
import type { Watchdog } from "../sandbox/watchdog.ts";
import type { CounterBuffers, CounterTable } from "../state/counters.ts";
import { HOOKS } from "../wire/phases.ts";
import { LOG_LEVELS } from "../wire/records.ts";
import { PULSE, type ScriptBundle } from "./messages.ts";

/** What deployments of one worker share. */
export interface DeploymentContext {
  readonly logger: Logger;
  readonly tail: Tail;
  readonly metrics: Metrics;
  readonly watchdog: Watchdog;
  readonly runtime: RuntimeCode;
  readonly counterBuffers: CounterBuffers;
  readonly counters: CounterTable;
  readonly pulse: Int32Array;
}

/** How long a script's top level may run. */
const STARTUP_MS = 1_000;

/** Raised when a script does not start; the message names place and reason. */
export class StartupError extends Error {}

export interface DeploymentBegin {
  readonly tenant: TenantConfig;
  /** Index of the tenant in the configuration. */
  readonly tenantIndex: number;
  readonly bundle: ScriptBundle;
}

/** A deployment with its isolate warm. Throws StartupError. */
export function startDeployment(begin: DeploymentBegin, context: DeploymentContext): Deployment {
  const { tenant, bundle } = begin;
  const source = new SourceLines(bundle.map);
  const create = (): ScriptIsolate => createIsolate(begin, context);
  const first = startFirst(create, bundle, source);
  const loaded = first.loaded;
  if ("error" in loaded) throw new Error("a started script has no load error");
  const log = scriptLog(context);
  const observer = laneObserver(begin, context, log);
  const { hookMs, memoryMiB, hookWallMs } = tenant.limits;
  const lane = new InlineLane({ create, hookMs, memoryMiB, hookWallMs, observer }, first);
  for (const name of loaded.unknown) {
    context.logger.warn({ tenant: tenant.name }, `${name} is not a hook: ${HOOKS.join(", ")}`);
  }
  return {
    tenant: tenant.name,
    name: bundle.deployment,
    hooks: loaded.mask,
    bodies: loaded.bodies,
    lane,
    failOpen: tenant.onScriptError === "fail-open",
    mapStack: (stack) => source.mapStack(stack),
    log,
    observe: phaseObserver(context.metrics),
    countFailure: (hook, code) => {
      context.metrics.counter("sluice_script_errors_total", tenant.name, hook, code).add();
    },
  };
}

function createIsolate(begin: DeploymentBegin, context: DeploymentContext): ScriptIsolate {
  const { tenant, bundle } = begin;
  const isolate = new ScriptIsolate({
    runtime: context.runtime,
    script: bundle,
    env: tenant.env,
    memoryMiB: tenant.limits.memoryMiB,
    startupMs: STARTUP_MS,
    counters: context.counterBuffers.counts,
    slotOf: (name) => context.counters.slotOf(tenant.name, name),
  });
  context.watchdog.watch(isolate, tenant.limits.hookMs);
  return isolate;
}

function startFirst(
  create: () => ScriptIsolate,
  bundle: ScriptBundle,
  source: SourceLines,
): ScriptIsolate {
  let isolate: ScriptIsolate;
  try {
    isolate = create();
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : "unknown";
    throw new StartupError(`Cannot start the script of tenant ${bundle.tenant}: ${reason}`);
  }
  const loaded = isolate.loaded;
  if (!("error" in loaded)) return isolate;
  isolate.dispose();
  const stack = source.mapStack(loaded.error.stack);
  const place = /\(?([^\s()]+:\d+:\d+)\)?/.exec(stack)?.[1];
  const where = place === undefined ? "" : ` at ${place}`;
  const message = `${loaded.error.message}${where}`;
  throw new StartupError(`Cannot start the script of tenant ${bundle.tenant}: ${message}`);
}

function scriptLog({ logger, tail }: DeploymentContext): ScriptLog {
  return (level, fields, message) => {
    const line = { level: LOG_LEVELS[level] ?? "info", message, ...fields };
    logScriptMessage(logger, line);
    if (tail.isOpen) tail.message(line);
  };
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
  const none = { tenant, deployment: begin.bundle.deployment, id: "", hook: "" };
  return {
    turn(count, durationMs) {
      turns.observe(durationMs / 1000);
      if (count > 0) calls.observe(count);
    },
    lost(failure: Failure) {
      kills.add();
      log(4, { ...none, code: failure.code }, `isolate replaced: ${failure.message}`);
    },
    stray: (message) => log(4, none, `unhandled rejection: ${message}`),
    log: (level, message) => log(level, none, message),
    enter: () => Atomics.store(pulse, PULSE.TENANT, begin.tenantIndex + 1),
    leave: () => Atomics.store(pulse, PULSE.TENANT, 0),
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
