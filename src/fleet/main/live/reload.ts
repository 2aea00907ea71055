// A reload: the file and its scripts are read again, and what they say goes live everywhere, or
// nothing changes anywhere. Reloads run one at a time. One more that is asked for meanwhile waits
// and reads the newest files; further ones share its result. A file that looks cut off and would
// remove tenants is refused.

import { isDeepStrictEqual } from "node:util";
import { ConfigError } from "../../../base/config/load.ts";
import { ownersOf } from "../../../base/config/operator.ts";
import type { Config } from "../../../base/config/types.ts";
import type { ReloadResult } from "../../../control/api/operate.ts";
import type { Logger } from "../../../observe/log.ts";
import type { Metrics } from "../../../observe/metrics.ts";
import type { Generation } from "../../shared/messages.ts";
import { NotReadyError, ServeError } from "../../shared/start-errors.ts";
import type { WorkerPool } from "../workers/worker-pool.ts";
import type { Candidate, ReadFrom } from "./candidate.ts";
import { warnOfCertificates } from "./certificates.ts";
import type { ChangeLock } from "./change-lock.ts";
import type { Feed } from "./feed.ts";
import type { Reconciler } from "./reconciler.ts";

export interface ReloaderOptions {
  /** Reads the configuration. Throws a ConfigError. */
  readonly read: () => Config;
  /** What it and the store together say. Throws a ServeError. */
  readonly candidate: (config: Config, from: ReadFrom) => Promise<Candidate>;
  /** What the file says is not stored yet, where others share the store. */
  readonly isFileOwed: () => boolean;
  /** What the process was started with: listeners, admin address and workers stay so. */
  readonly started: Config;
  readonly lock: ChangeLock;
  readonly reconciler: Reconciler;
  /** Flags and secrets. */
  readonly durable: { readValuesAt(revision: number): Promise<void> };
  /** Told of what was read. */
  readonly feed: Pick<Feed, "reached">;
  readonly pool: Pick<WorkerPool, "generation">;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Told of what was read, and from when on, also when nothing came of it. */
  readonly onRead?: (inputs: readonly string[], fromMs: number) => void;
}

export class Reloader {
  readonly #options: ReloaderOptions;
  #running: Promise<ReloadResult> | null = null;
  #next: Promise<ReloadResult> | null = null;
  /** Of the store, which waits for the lock. */
  #nextRead: Promise<ReloadResult> | null = null;

  constructor(options: ReloaderOptions) {
    this.#options = options;
  }

  /** Rejects for defects only. What came of it is in the log too. */
  reload(): Promise<ReloadResult> {
    if (this.#running === null) return this.#start();
    this.#next ??= this.#running.then(() => {
      this.#next = null;
      return this.#start();
    });
    return this.#next;
  }

  /**
   * What another machine has stored goes live, with the configuration that is live. The file may be
   * another one there, or just be edited here: read now, each of two that differ would be news to
   * the other's machine, for ever. If that machine was first with what the file says here too, the
   * file is read once more.
   */
  readStore(): Promise<ReloadResult> {
    this.#nextRead ??= Promise.resolve().then(() => this.#readStore());
    return this.#nextRead;
  }

  async #readStore(): Promise<ReloadResult> {
    const { lock, isFileOwed } = this.#options;
    const result = await lock.run(async () => {
      // what is stored from here on is for the next one to read
      this.#nextRead = null;
      const ofFile = isFileOwed() ? await this.#run("file") : null;
      // a file that is just being edited keeps nothing back of what others stored
      return ofFile?.ok === true ? ofFile : await this.#run("store");
    });
    this.#report(result);
    return result;
  }

  /** Why whoever reads the file now would serve too little; null: nothing is known against it. */
  doubt(): string | null {
    const { reconciler, read } = this.#options;
    try {
      return missingTenants(reconciler.desired.config, read());
    } catch (thrown) {
      // a successor says better what is wrong with it
      if (thrown instanceof ConfigError) return null;
      throw thrown;
    }
  }

  async #start(): Promise<ReloadResult> {
    this.#running = this.#options.lock.run(() => this.#run("file"));
    const result = await this.#running;
    this.#running = null;
    this.#report(result);
    return result;
  }

  async #run(from: ReadFrom): Promise<ReloadResult> {
    const { lock, reconciler, logger, read, candidate, durable, onRead } = this.#options;
    if (lock.closed !== null) return { ok: false, isClosed: true, problems: [lock.closed] };
    const [startMs, fromMs] = [performance.now(), Date.now()];
    try {
      const live = reconciler.desired.config;
      const config = from === "file" ? read() : live;
      const missing = missingTenants(live, config);
      if (missing !== null && from === "file") throw new ServeError(missing);
      const wanted = await candidate(config, from);
      if (from === "file") onRead?.(wanted.inputs, fromMs);
      // nobody reads them again for a revision that is said to be served
      await durable.readValuesAt(wanted.revision.number);
      return await this.#change(wanted, startMs);
    } catch (thrown) {
      const isExpected =
        thrown instanceof ConfigError ||
        thrown instanceof ServeError ||
        thrown instanceof NotReadyError;
      const message = thrown instanceof Error ? thrown.message : String(thrown);
      const inputs = thrown instanceof ServeError ? thrown.inputs : [];
      if (inputs.length > 0) onRead?.(inputs, fromMs);
      if (lock.isSealed) return { ok: false, isClosed: true, problems: [lock.closed ?? message] };
      if (!isExpected) logger.debug({ err: thrown }, "a reload failed");
      return { ok: false, isClosed: false, problems: message.split("\n") };
    }
  }

  async #change(wanted: Candidate, startMs: number): Promise<ReloadResult> {
    const { lock, pool, reconciler, feed, logger, started } = this.#options;
    const old = pool.generation;
    const { config, record } = wanted;
    const roster = reconciler.stillOut(wanted.roster);
    const read = wanted.revision.number;
    const generation = await reconciler.bring({ roster, config, revision: read }, async (found) => {
      // a successor that is being started may not read it any more
      lock.expectUnsealed();
      return await record(found);
    });
    feed.reached(read);
    logger.level = config.log.level;
    warnOfCertificates(reconciler.desired, logger);
    const durationMs = Math.round(performance.now() - startMs);
    const needsHandover = keysForHandover(started, config);
    const difference = differenceOf(old, generation);
    const { revision } = reconciler.desired;
    const which = { generation: generation.number, revision };
    return { ok: true, ...which, ...difference, needsHandover, durationMs };
  }

  #report(result: ReloadResult): void {
    const { logger, metrics } = this.#options;
    metrics.counter("sluice_reloads_total", result.ok ? "ok" : "refused").add();
    if (!result.ok) {
      logger.error({ problems: result.problems }, "reload refused");
      return;
    }
    const { ok: _, ...fields } = result;
    logger.info(fields, "reloaded");
    for (const key of result.needsHandover) {
      logger.warn({ key }, `a change of ${key} takes effect with sluice handover or a restart`);
    }
  }
}

type Difference = Record<"added" | "removed" | "changed", readonly string[]>;

function differenceOf(old: Generation, now: Generation): Difference {
  const before = new Map(old.tenants.map(({ config, hash }) => [config.name, hash]));
  const after = new Map(now.tenants.map(({ config, hash }) => [config.name, hash]));
  return {
    added: [...after.keys()].filter((name) => !before.has(name)),
    removed: [...before.keys()].filter((name) => !after.has(name)),
    changed: [...after.keys()].filter(
      (name) => before.has(name) && before.get(name) !== after.get(name),
    ),
  };
}

const HANDOVER_KEYS = [
  "cells",
  "listeners",
  "admin",
  "workers",
  "store",
  "node",
  "secrets",
] as const satisfies (keyof Config)[];

const keysForHandover = (started: Config, now: Config): string[] =>
  HANDOVER_KEYS.filter((key) => !isDeepStrictEqual(settled(started)[key], settled(now)[key]));

/** Without the certificates, which a reload changes. */
const settled = (config: Config) => ({
  ...config,
  listeners: config.listeners.map(({ address, tls }) => ({ address, isTls: tls !== null })),
});

type Owners = Pick<Config, "operator" | "tenants" | "cutOffSign">;

/**
 * Tenants, and the operator's layer, that would be gone because the file was cut off: a line for
 * the operator. Null: there is nothing to object to. Reloads and handovers ask; at a start there is
 * nothing to compare with.
 */
export function missingTenants(serving: Owners, read: Owners): string | null {
  const { cutOffSign } = read;
  if (cutOffSign === null) return null;
  const named = new Set(ownersOf(read).map(({ name }) => name));
  const missing = ownersOf(serving)
    .map(({ name }) => name)
    .filter((name) => !named.has(name));
  if (missing.length === 0) return null;
  const shown = missing.slice(0, NAMES_SHOWN).join(", ");
  const more = missing.length > NAMES_SHOWN ? ` and ${missing.length - NAMES_SHOWN} more` : "";
  return `${cutOffSign}; ${shown}${more} would be gone: is the file whole?`;
}

const NAMES_SHOWN = 5;
