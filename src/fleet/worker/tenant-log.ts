// What logs get of a tenant's scripts. Its lines go into the log, as far as the tenant may fill it,
// and to whoever reads the live tail, which has bounds of its own. A hook's failure has its places
// in the author's files. No secret gets into either.

import type { TenantConfig } from "../../base/config/types.ts";
import { LIMITS } from "../../base/limits.ts";
import { placeText, type SourceLines } from "../../control/sourcemap.ts";
import type { LineLogger } from "../../observe/log.ts";
import type { LogBudgets } from "../../observe/log-budget.ts";
import type { Metrics } from "../../observe/metrics.ts";
import { logScriptMessage } from "../../observe/script-log.ts";
import type { Tail } from "../../observe/tail.ts";
import type { FailureTrace, ScriptLog } from "../../phases/deployment.ts";
import type { Failure } from "../../sandbox/call.ts";
import { LOG_LEVELS } from "../../wire/records.ts";
import type { Redaction } from "../shared/redaction.ts";
import type { HookPlaces } from "./hook-places.ts";

export interface TenantLogParts {
  readonly logger: LineLogger;
  readonly tail: Tail;
  readonly metrics: Metrics;
  readonly logBudgets: LogBudgets;
  /** Each has its share of what the tenant may write. */
  readonly workers: number;
}

/** @param shown  a text as it may be shown: without secrets, its places in the source */
export function tenantLog(
  { logger, tail, metrics, logBudgets, workers }: TenantLogParts,
  { name, limits }: Pick<TenantConfig, "name" | "limits">,
  shown: (text: string) => string,
): ScriptLog {
  const { logBytesPerSecond } = limits;
  const budget = logBudgets.of(name);
  budget.allow(logBytesPerSecond / workers, performance.now());
  const lines = metrics.counter("sluice_tenant_log_lines_total", name);
  const bytes = metrics.counter("sluice_tenant_log_bytes_total", name);
  const dropped = metrics.counter("sluice_tenant_log_dropped_total", name);
  const tellDropped = (nowMs: number): void => {
    dropped.add();
    const count = budget.toTell(nowMs);
    if (count === 0) return;
    const why = `more than ${logBytesPerSecond} bytes a second (limits.logBytesPerSecond)`;
    logger.warn({ tenant: name, lines: count }, `log lines of the script are dropped: ${why}`);
  };
  return (level, fields, text) => {
    const levelName = LOG_LEVELS[level] ?? "info";
    const isLogged = logger.isLevelEnabled(levelName);
    const nowMs = isLogged ? performance.now() : 0;
    const isKept = isLogged && budget.take(lengthLogged(text) + lengthLogged(fields.stack), nowMs);
    if (isLogged && !isKept) tellDropped(nowMs);
    if (!isKept && !tail.isOpen) return;
    const line = { level: levelName, message: shown(text), ...fields };
    if (isKept) {
      lines.add();
      bytes.add(lengthLogged(line.message) + lengthLogged(fields.stack));
      logScriptMessage(logger, line);
    }
    if (tail.isOpen) tail.message(line);
  };
}

/** What is longer is cut. */
const lengthLogged = (text = ""): number => Math.min(text.length, LIMITS.scriptMessageChars);

export interface TraceParts {
  readonly source: SourceLines;
  readonly hookPlaces: HookPlaces;
  readonly redaction: Redaction;
}

export function failureTrace(
  { code, message, stack }: Failure,
  hook: string,
  { source, hookPlaces, redaction }: TraceParts,
): FailureTrace {
  const reason = redaction.redact(message);
  if (stack === "") {
    const place = OF_HOOKS.has(code) ? hookPlaces.of(hook) : null;
    return { reason, at: place === null ? "" : placeText(place), isHooks: place !== null, stack };
  }
  const place = source.firstPlace(stack, message);
  // secrets first: a line of theirs may look like a frame
  const shown = redaction.redact(stack);
  const frames = shown.startsWith(reason) ? shown.slice(reason.length + 1) : shown;
  const mapped = source.mapStack(frames).replace(/^ {4}/gm, "");
  return { reason, at: place === null ? "" : placeText(place), isHooks: false, stack: mapped };
}

/** Of hooks that were ended from outside, or whose result or ctx is wrong: they have no stack. */
const OF_HOOKS: ReadonlySet<string> = new Set([
  "script_timeout",
  "script_error",
  "script_result",
  "script_ctx",
  "script_lost",
  "cell_lost",
]);
