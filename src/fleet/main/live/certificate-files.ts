// The certificates that the configuration names by file: when somebody has renewed one, it goes
// live by itself. What cannot be served is said once, and the old one serves on. Files are looked
// at, not watched: a certificate is often behind links that change somewhere else, or on a file
// system that tells nobody.

import { stat } from "node:fs/promises";
import type { CertificateText, Config, ListenerConfig } from "../../../base/config/types.ts";
import { readPem, rereadPair } from "../../../base/config/upstream/tls-files.ts";
import { LIMITS } from "../../../base/limits.ts";
import type { Logger } from "../../../observe/log.ts";
import type { Metrics } from "../../../observe/metrics.ts";
import { NotReadyError } from "../../shared/start-errors.ts";
import type { ChangeLock } from "./change-lock.ts";
import type { DesiredState, Write } from "./reconciler.ts";

export interface CertificateFilesOptions {
  readonly reconciler: {
    readonly desired: DesiredState;
    bring(desired: DesiredState, write: Write): Promise<unknown>;
  };
  readonly lock: ChangeLock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

type Files = CertificateText["files"];

/** Of files that are others by now than those that were read: no stamp is equal to it. */
const UNKNOWN = "";

interface Seen {
  /** Of the files that are served, or were refused. */
  readonly known: string;
  /** As they were found last: what somebody is still writing is left alone. */
  readonly found: string;
}

export class CertificateFiles implements Disposable {
  readonly #options: CertificateFilesOptions;
  readonly #seen = new Map<string, Seen>();
  readonly #timer: NodeJS.Timeout;
  #isLooking = false;
  #next = 0;

  constructor(options: CertificateFilesOptions) {
    this.#options = options;
    this.#timer = setInterval(() => void this.#look(), LIMITS.certificateLookMs).unref();
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    try {
      const changed = await this.#changed();
      if (changed.size > 0) await this.#options.lock.run(() => this.#replace(changed));
    } finally {
      this.#isLooking = false;
    }
  }

  /** Keys of pairs that have changed and do not change any more. */
  async #changed(): Promise<ReadonlySet<string>> {
    const all = filesOf(this.#options.reconciler.desired.config);
    for (const key of this.#seen.keys()) if (!all.has(key)) this.#seen.delete(key);
    const changed = new Set<string>();
    for (const [key, pair] of this.#turn([...all])) {
      const found = await stampOf(pair.files);
      const seen = this.#seen.get(key);
      // somebody may have renewed it while the proxy started, or changed over to it
      const known = seen?.known ?? (isServed(pair) ? found : UNKNOWN);
      this.#seen.set(key, { known, found });
      if (seen !== undefined && seen.known !== found && seen.found === found) changed.add(key);
    }
    return changed;
  }

  /** So many at a time, one after the other. */
  #turn<T>(all: readonly T[]): readonly T[] {
    const from = this.#next < all.length ? this.#next : 0;
    this.#next = from + LIMITS.certificateLookFiles;
    return all.slice(from, this.#next);
  }

  async #replace(changed: ReadonlySet<string>): Promise<void> {
    const { lock, reconciler, logger } = this.#options;
    if (lock.closed !== null) return; // the successor reads them
    const { desired } = reconciler;
    const { config } = desired;
    const fresh = new Map<string, CertificateText>();
    for (const [key, { files }] of filesOf(config)) {
      const pair = changed.has(key) ? this.#read(files) : null;
      if (pair !== null) fresh.set(key, pair);
    }
    if (fresh.size > 0) {
      const listeners = config.listeners.map((listener) => withPairs(listener, fresh));
      try {
        await reconciler.bring({ ...desired, config: { ...config, listeners } }, async () => null);
      } catch (thrown) {
        if (!(thrown instanceof NotReadyError)) throw thrown;
        logger.warn({ reason: thrown.message }, "certificates are not replaced yet");
        return;
      }
      this.#count("ok");
      logger.info({ files: [...fresh.keys()] }, "certificates were replaced");
    }
    for (const key of changed) this.#settle(key);
  }

  #settle(key: string): void {
    const seen = this.#seen.get(key);
    if (seen !== undefined) this.#seen.set(key, { ...seen, known: seen.found });
  }

  #read(files: Files): CertificateText | null {
    try {
      return rereadPair(files);
    } catch (thrown) {
      const reason = thrown instanceof Error ? thrown.message : String(thrown);
      this.#count("refused");
      const text = "a certificate is refused, the old one serves on";
      this.#options.logger.error({ file: files.cert, reason }, text);
      return null;
    }
  }

  #count(result: "ok" | "refused"): void {
    this.#options.metrics.counter("sluice_certificate_reloads_total", result).add();
  }
}

const keyOf = ({ cert, key }: Files): string => (cert === key ? cert : `${cert} ${key}`);

const filesOf = ({ listeners }: Config): ReadonlyMap<string, CertificateText> =>
  new Map(
    listeners.flatMap(({ tls }) =>
      (tls?.certificates ?? []).map((pair) => [keyOf(pair.files), pair] as const),
    ),
  );

/** What is in the files is what was read there. */
function isServed({ cert, key, files }: CertificateText): boolean {
  try {
    return readPem(files.cert, "/") === cert && readPem(files.key, "/") === key;
  } catch {
    return false; // what is wrong is said when it is read
  }
}

function withPairs(
  listener: ListenerConfig,
  fresh: ReadonlyMap<string, CertificateText>,
): ListenerConfig {
  const { tls } = listener;
  if (tls === null) return listener;
  const certificates = tls.certificates.map((one) => fresh.get(keyOf(one.files)) ?? one);
  return { ...listener, tls: { ...tls, certificates } };
}

async function stampOf({ cert, key }: Files): Promise<string> {
  return `${await stampOfOne(cert)} ${await stampOfOne(key)}`;
}

async function stampOfOne(file: string): Promise<string> {
  try {
    const { dev, ino, size, mtimeMs } = await stat(file);
    return `${dev}:${ino}:${size}:${mtimeMs}`;
  } catch {
    return "none";
  }
}
