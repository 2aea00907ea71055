// esbuild's child process, which all builds of this process share. It can die of what it is given
// (a stack overflow in its parser) or never finish, and both hurt builds that did nothing wrong: so
// a death restarts it and the builds that it took along are tried again, one at a time, so that
// only the guilty fail.

import * as esbuild from "esbuild";
import { Mutex } from "../base/mutex.ts";
import { BUNDLE_LIMITS } from "./bundle-limits.ts";

export type BuildOutcome =
  | { readonly kind: "built"; readonly result: BuildResult }
  | { readonly kind: "refused"; readonly errors: esbuild.Message[] }
  | { readonly kind: "crashed" }
  | { readonly kind: "timeout" };

export type BuildOptions = esbuild.BuildOptions & { write: false; metafile: true };
type BuildResult = esbuild.BuildResult<{ write: false; metafile: true }>;

/** Counts the processes, so that one death is followed by one restart. */
let generation = 0;
/** Of those that are at work when their process is ended: esbuild itself never settles them. */
let ended = Promise.withResolvers<BuildOutcome>();
/** Builds that are tried again run alone. */
const retries = new Mutex();

/** Its process keeps what its builds took: 350 MB after a thousand of them, 30 ms to start anew. */
const REST_MS = 5_000;
let uses = 0;
let rest: NodeJS.Timeout | undefined;

/**
 * Around whatever uses esbuild: when nobody has for a while, its process ends. What it was at work
 * on then would never settle, so nobody may use it without this.
 */
export async function usingEsbuild<T>(work: () => Promise<T>): Promise<T> {
  clearTimeout(rest);
  uses++;
  try {
    return await work();
  } finally {
    uses--;
    if (uses === 0) rest = setTimeout(() => restart(generation), REST_MS).unref();
  }
}

/** Never rejects for what the sources contain. */
export function runBuild(options: BuildOptions): Promise<BuildOutcome> {
  return usingEsbuild(async () => {
    const outcome = await attempt(options);
    if (outcome.kind !== "crashed") return outcome;
    return await retries.run(() => attempt(options));
  });
}

/** Once: for who has esbuild's process to itself. */
export async function attempt(options: BuildOptions): Promise<BuildOutcome> {
  const started = generation;
  const { promise: timeout, resolve: onTimeout } = Promise.withResolvers<BuildOutcome>();
  const timer = setTimeout(() => {
    onTimeout({ kind: "timeout" });
    restart(started);
  }, BUNDLE_LIMITS.buildMs);
  try {
    return await Promise.race([build(options, started), timeout, ended.promise]);
  } finally {
    clearTimeout(timer);
  }
}

async function build(options: BuildOptions, started: number): Promise<BuildOutcome> {
  try {
    return { kind: "built", result: await esbuild.build(options) };
  } catch (error) {
    if (isBuildFailure(error)) return { kind: "refused", errors: error.errors };
    if (!isDeath(error)) throw error;
    restart(started);
    return { kind: "crashed" };
  }
}

function isBuildFailure(error: unknown): error is esbuild.BuildFailure {
  return error instanceof Error && "errors" in error && Array.isArray(error.errors);
}

/** The library has no code for it, only these two sentences. */
function isDeath(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return /^The service (?:was stopped|is no longer running)/.test(error.message);
}

/**
 * Ends the process that was there at `started`, if it is still the one; the next build starts
 * anew.
 */
function restart(started: number): void {
  if (started !== generation) return;
  generation++;
  void esbuild.stop();
  ended.resolve({ kind: "crashed" });
  ended = Promise.withResolvers();
}
