// A hook's failure, told once: a line in the log with the place in the TypeScript source, a count,
// and the error that the exchange goes on with. The client never sees any of it but the code.

import { ownerText } from "../base/config/operator.ts";
import { type ErrorCode, SluiceError } from "../base/errors.ts";
import type { Failure } from "../sandbox/call.ts";
import { HOOKS, type HookName, hookIndex } from "../wire/phases.ts";
import type { Exchange } from "./exchange.ts";
import type { Layer } from "./layer.ts";

export interface HookFailure {
  readonly failure: Failure;
  /** Index of the hook; -1: none can be named. */
  readonly hook: number;
}

/** @param layer  of the hook; it has a script */
export function reportFailure(
  exchange: Exchange,
  layer: Layer,
  { failure, hook: index }: HookFailure,
): SluiceError {
  const { deployment } = layer;
  if (deployment === null) return new SluiceError(failure.code, failure.message);
  const { tenant, name, log, explain, countFailure } = deployment;
  const hook = HOOKS[index] ?? "";
  const { reason, at, isHooks, stack } = explain(failure, hook);
  const known = isHooks ? `, somewhere in the hook at ${at}` : ` at ${at}`;
  const where = at === "" ? "" : known;
  const said = reason.startsWith(`${hook}: `) ? reason : `${hook || "hook"}: ${reason}`;
  const message = `script of ${ownerText(tenant)} (${name}), ${said}`;
  const fields = { tenant, deployment: name, id: exchange.id, hook, code: failure.code, at, stack };
  log(4, fields, `${reason}${where}`);
  countFailure(hook, failure.code);
  // too many requests say nothing about the script
  if (failure.code === "script_busy") layer.wasBusy = true;
  else layer.scriptFailure ??= { id: exchange.id, hook, code: failure.code, at };
  return new SluiceError(failure.code, message + where, { script: tenant });
}

export interface RefusedResult {
  readonly hook: HookName;
  readonly code: ErrorCode;
  readonly message: string;
}

/** For a result that only the proxy can judge. Null: fail-open, so it goes on without. */
export function refuseResult(
  exchange: Exchange,
  layer: Layer,
  { hook, code, message }: RefusedResult,
): SluiceError | null {
  const failure = { code, message, stack: "" };
  const error = reportFailure(exchange, layer, { failure, hook: hookIndex(hook) });
  return layer.deployment?.failOpen ? null : error;
}
