// What can be found out about one script without its types: whether it bundles, starts in an
// isolate and has hooks that exist, and whether it keeps state where none lasts.

import { readFile } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { expectedOneOf } from "../../base/config/problems.ts";
import { type Bundle, bundleScript } from "../../control/bundle.ts";
import type { BundleProblem } from "../../control/bundle-problem.ts";
import { buildRuntime } from "../../control/bundle-runtime.ts";
import { diskSources } from "../../control/bundle-sources.ts";
import { SourceLines } from "../../control/sourcemap.ts";
import { ScriptIsolate } from "../../sandbox/engine.ts";
import type { LoadResult } from "../../sandbox/load-result.ts";
import { START_BUDGETS, startTwice } from "../../sandbox/start.ts";
import { createCounterBuffers } from "../../state/counter-memory.ts";
import { COUNTERS_MAX, CounterTable } from "../../state/counters.ts";
import { LimitTable } from "../../state/limit-table.ts";
import { namesRateLimits } from "../../state/limit-tables.ts";
import { LIMIT_NAMES_MAX } from "../../wire/limits/layout.ts";
import { HOOKS } from "../../wire/phases.ts";
import type { Finding } from "./finding.ts";
import { placeOfHook } from "./members.ts";
import { missingGlobalUses } from "./missing-globals.ts";
import { moduleStateWarnings } from "./module-state.ts";
import { type Place, parseScript, type Syntax } from "./syntax.ts";
import { useWarnings } from "./uses.ts";

/** As in fleet/worker/deployments.ts: what starts here starts there. */
const STARTUP_MS = 1_000;
const MEMORY_MIB = 64;
const NO_HOOK = "definePhases got no hook: every request passes as it is";
const START: Place = { line: 1, column: 1 };

export interface ScriptCheck {
  readonly file: string;
  /** Of each tenant that has the script; none: nobody knows whose it is. */
  readonly envs: readonly Readonly<Record<string, string>>[];
}

export async function checkScript({ file, envs }: ScriptCheck): Promise<Finding[]> {
  const bundle = await bundleScript(file);
  const root = await rootOf(file);
  const shown = (name: string): string => relative(process.cwd(), join(root, name));
  const finding = (severity: Finding["severity"]) => (problem: BundleProblem) => {
    const { line, column, text: message } = problem;
    const path = problem.file === file ? file : shown(problem.file);
    return { file: path, line, column, severity, message };
  };
  if (!bundle.ok) return bundle.errors.map(finding("error"));
  const own = relative(process.cwd(), resolve(file));
  const syntax = await parseScript(await readFile(file, "utf8"));
  const { loaded, error } = await start(bundle, envs[0] ?? {});
  const findings = bundle.warnings.map(finding("warning"));
  if (error !== null) {
    const { file: at, ...place } = error.at ?? { file: null, ...placeIn(syntax, error.message) };
    const path = at === null ? own : shown(at);
    const message = `the script does not start: ${error.message}`;
    findings.push({ file: path, ...place, severity: "error", message });
  }
  for (const name of loaded?.unknown ?? []) {
    const place = (syntax === null ? null : placeOfHook(syntax, name)) ?? START;
    const message = `unknown hook: ${expectedOneOf([...HOOKS, "bodies"], name)}`;
    findings.push({ file: own, ...place, severity: "error", message });
  }
  if (loaded?.mask === 0 && loaded.unknown.length === 0) {
    findings.push({ file: own, ...START, severity: "warning", message: NO_HOOK });
  }
  return [...findings, ...(await textFindings(bundle, { root, own, env: namesOfAll(envs) }))];
}

async function rootOf(file: string): Promise<string> {
  try {
    return (await diskSources(resolve(file))).root;
  } catch {
    return process.cwd(); // it cannot be read, and that is what is reported
  }
}

/** `logging: expected a function …` is about where `logging` stands. */
function placeIn(syntax: Syntax | null, message: string): Place {
  const [, hook] = /^(\w+): /.exec(message) ?? [];
  if (syntax === null || hook === undefined) return START;
  return placeOfHook(syntax, hook) ?? START;
}

interface Started {
  readonly loaded: Exclude<LoadResult, { error: unknown }> | null;
  readonly error: { readonly message: string; readonly at: SourceAt | null } | null;
}
type SourceAt = Place & { readonly file: string };

/** Runs the top level in a real isolate: what throws or never ends there would never serve. */
async function start(bundle: Bundle, env: ScriptCheck["envs"][number]): Promise<Started> {
  const buffers = createCounterBuffers();
  const counters = new CounterTable(buffers);
  try {
    const options = {
      runtime: await buildRuntime(),
      script: bundle,
      env,
      memoryMiB: MEMORY_MIB,
      startupMs: STARTUP_MS,
      counters: buffers.counts,
      slotOf: (name: string) => counters.hold({ tenant: "check", name }, COUNTERS_MAX),
      rateLimits: namesRateLimits(bundle.code)
        ? LimitTable.make().source(LIMIT_NAMES_MAX, () => 1)
        : null,
    };
    const isolate = startTwice((attempt) => {
      const startupWallMs = attempt === 0 ? STARTUP_MS : START_BUDGETS * STARTUP_MS;
      return new ScriptIsolate({ ...options, startupWallMs });
    }, STARTUP_MS);
    isolate.dispose();
    const { loaded } = isolate;
    if (!("error" in loaded)) return { loaded, error: null };
    const { message, stack } = loaded.error;
    const at = new SourceLines(bundle.map).firstPlace(stack, message);
    return { loaded: null, error: { message, at } };
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : "unknown";
    const isSlow = /timed out/.test(reason);
    const message = isSlow ? `its top level runs longer than ${STARTUP_MS} ms` : reason;
    return { loaded: null, error: { message, at: null } };
  }
}

/** Names that each of them has; null: there are none. */
function namesOfAll(envs: ScriptCheck["envs"]): ReadonlySet<string> | null {
  const [first, ...rest] = envs.map((env) => new Set(Object.keys(env)));
  return first === undefined ? null : rest.reduce((all, one) => all.intersection(one), first);
}

/** Of the script's own files: what packages do is their authors' to know. */
async function textFindings(
  bundle: Bundle,
  { root, own, env }: { root: string; own: string; env: ReadonlySet<string> | null },
): Promise<Finding[]> {
  const map: { sources: string[]; sourcesContent?: (string | null)[] } = JSON.parse(bundle.map);
  const findings: Finding[] = [];
  for (const [index, source] of map.sources.entries()) {
    const text = map.sourcesContent?.[index];
    const isOwn = /\.[mc]?[jt]s$/.test(source) && !/^sluice:|(?:^|\/)node_modules\//.test(source);
    if (!isOwn || typeof text !== "string") continue;
    const file = relative(process.cwd(), join(root, source));
    const syntax = await parseScript(text);
    if (syntax === null) continue;
    const warnings = [
      ...moduleStateWarnings(syntax, file === own),
      ...missingGlobalUses(syntax),
      ...useWarnings(syntax, env),
    ];
    for (const warning of warnings) findings.push({ file, severity: "warning", ...warning });
  }
  return findings;
}
