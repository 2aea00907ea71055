// A hook's failure, told once: a line in the log with the place in the TypeScript source, a count,
// and the error that the exchange goes on with. The client never sees any of it but the code.

import { SluiceError } from "../base/errors.ts";
import type { Failure } from "../sandbox/call.ts";
import { HOOKS, type HookName, hookIndex } from "../wire/phases.ts";
import type { Deployment } from "./deployment.ts";
import type { Exchange } from "./exchange.ts";

export interface HookFailure {
  readonly failure: Failure;
  /** Index of the hook; -1: none can be named. */
  readonly hook: number;
}

export function reportFailure(
  exchange: Exchange,
  deployment: Deployment,
  { failure, hook: index }: HookFailure,
): SluiceError {
  const { tenant, name, log, explain, countFailure } = deployment;
  const hook = HOOKS[index] ?? "";
  const { reason, at, isHooks, stack } = explain(failure, hook);
  const known = isHooks ? `, somewhere in the hook at ${at}` : ` at ${at}`;
  const where = at === "" ? "" : known;
  const said = reason.startsWith(`${hook}: `) ? reason : `${hook || "hook"}: ${reason}`;
  const message = `script of tenant ${tenant} (${name}), ${said}`;
  const fields = { tenant, deployment: name, id: exchange.id, hook, code: failure.code, at, stack };
  log(4, fields, `${reason}${where}`);
  countFailure(hook, failure.code);
  // too many requests say nothing about the script
  if (failure.code === "script_busy") exchange.wasBusy = true;
  else exchange.scriptFailure ??= { id: exchange.id, hook, code: failure.code, at };
  return new SluiceError(failure.code, message + where);
}

/** For a result that only the proxy can judge. Null: fail-open, so it goes on without. */
export function refuseResult(
  exchange: Exchange,
  hook: HookName,
  { code, message }: SluiceError,
): SluiceError | null {
  const { deployment } = exchange;
  if (deployment === null) return new SluiceError(code, message);
  const failure = { code, message, stack: "" };
  const error = reportFailure(exchange, deployment, { failure, hook: hookIndex(hook) });
  return deployment.failOpen ? null : error;
}
