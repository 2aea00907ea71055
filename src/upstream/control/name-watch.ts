// Asks for the addresses of one name again and again, as its TTL says, and tells when they are
// others. What servers fail to say changes nothing: the last that was known of a family stays.

import type { FamilyAnswer, NameServers } from "../name-servers.ts";

export interface NameWatchOptions {
  readonly name: string;
  readonly servers: Pick<NameServers, "findAll">;
  readonly limits: NameWatchLimits;
  /** At least one address, and not those of the last time. */
  readonly changed: (addresses: readonly string[]) => void;
  /** It has none, or nobody says: once until it has some again. */
  readonly failed: (reason: string) => void;
}

export interface NameWatchLimits {
  readonly ttlMinMs: number;
  readonly ttlMaxMs: number;
  /** After a question that failed. */
  readonly nameFailureTtlMs: number;
}

export class NameWatch {
  readonly #options: NameWatchOptions;
  #timer: NodeJS.Timeout | null = null;
  #isStopped = false;
  #hasFailed = false;
  /** By family, as they were known last. */
  #known: readonly (readonly string[])[] = [[], []];
  #told = "";

  constructor(options: NameWatchOptions) {
    this.#options = options;
    void this.#ask();
  }

  stop(): void {
    this.#isStopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
  }

  async #ask(): Promise<void> {
    const { name, servers, limits } = this.#options;
    const answers = await servers.findAll(name);
    if (this.#isStopped) return;
    const isWhole = this.#take(answers);
    const waitMs = isWhole ? restMs(answers, limits) : limits.nameFailureTtlMs;
    this.#timer = setTimeout(() => void this.#ask(), waitMs).unref();
  }

  /** False: some of it is not known, or there is nothing. */
  #take(answers: readonly FamilyAnswer[]): boolean {
    const isKnown = answers.every((family) => family !== null);
    const hasAny = answers.some((family) => family !== null && family.length > 0);
    // a name that has no address at all is more likely a mistake than the wish to serve nobody
    if (hasAny) this.#tell(answers);
    if (isKnown && hasAny) this.#hasFailed = false;
    else if (!this.#hasFailed) {
      this.#hasFailed = true;
      this.#options.failed(isKnown ? "it has no address" : "the name servers do not answer");
    }
    return isKnown && hasAny;
  }

  #tell(answers: readonly FamilyAnswer[]): void {
    this.#known = answers.map(
      (family, at) => family?.map(({ address }) => address) ?? this.#known[at] ?? [],
    );
    const addresses = [...new Set(this.#known.flat())].toSorted();
    const text = addresses.join(" ");
    if (text === this.#told) return;
    this.#told = text;
    this.#options.changed(addresses);
  }
}

function restMs(answers: readonly FamilyAnswer[], { ttlMinMs, ttlMaxMs }: NameWatchLimits): number {
  const ttls = answers.flatMap((family) => family?.map(({ ttl }) => ttl * 1_000) ?? []);
  return Math.max(ttlMinMs, Math.min(ttlMaxMs, ...ttls));
}
