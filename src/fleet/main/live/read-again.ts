// What others have stored goes live here. What cannot goes on being tried, now and then and not
// only with the next change; meanwhile what served before serves on.

import { CLUSTER_LIMITS } from "../../../base/cluster-limits.ts";
import type { ReloadResult } from "../../../control/api/operate.ts";
import type { Refusal } from "../../../control/nodes.ts";
import type { StoreNews } from "../../../control/store/steps.ts";
import type { Logger } from "../../../observe/log.ts";
import type { Feed } from "./feed.ts";
import type { Reconciler } from "./reconciler.ts";
import type { Reloader } from "./reload.ts";

export interface ReadAgainOptions {
  /** Nothing goes live before. */
  readonly started: Promise<void>;
  /** Several machines share the store. */
  readonly isShared: boolean;
  readonly reconciler: Pick<Reconciler, "startOver">;
  readonly reloader: Pick<Reloader, "reload" | "readStore">;
  /** Flags and secrets. */
  readonly durable: { readValues(): Promise<void> };
  readonly feed: Pick<Feed, "stored">;
  readonly logger: Logger;
}

export class ReadAgain {
  readonly #options: ReadAgainOptions;
  #refusal: Refusal | null = null;
  #failures = 0;
  #timer: NodeJS.Timeout | undefined;
  #told: () => void = () => {};

  constructor(options: ReadAgainOptions) {
    this.#options = options;
  }

  /** What could not go live; null: everything has. */
  get refusal(): Refusal | null {
    return this.#refusal;
  }

  /** Told whenever that has changed. */
  watch(told: () => void): void {
    this.#told = told;
  }

  /** As much as the file and the store say by now. @param revision  at which it is */
  async run(revision: number, news?: StoreNews): Promise<void> {
    const { started, isShared, reconciler, reloader, durable, logger } = this.#options;
    await started;
    if (news?.isReplaced === true) reconciler.startOver();
    logger[isShared ? "debug" : "warn"]({ revision }, "another process has stored what goes live");
    // if the store is back, what the file said meanwhile is stored too
    const isOfStore = isShared && news?.isBack !== true;
    const read = () => (isOfStore ? reloader.readStore() : reloader.reload());
    await this.#tried(durable.readValues().then(read));
  }

  async #tried(work: Promise<ReloadResult>): Promise<void> {
    // at least as much as there is now is read; what comes meanwhile is another try
    const { stored } = this.#options.feed;
    const result = await work.catch((thrown): ReloadResult => {
      this.#options.logger.error({ err: thrown }, "what others stored cannot be read");
      const problem = thrown instanceof Error ? thrown.message : String(thrown);
      return { ok: false, isClosed: false, problems: [problem] };
    });
    // whoever closed it looks again if it opens
    if (!this.#options.isShared || (!result.ok && result.isClosed)) return;
    clearTimeout(this.#timer);
    this.#refusal = result.ok ? null : this.#refused(stored, result.problems);
    this.#told();
  }

  #refused(revision: number, problems: readonly string[]): Refusal {
    const { refusedRetryMs, refusedRetryMsMax } = CLUSTER_LIMITS;
    const { durable, reloader } = this.#options;
    if (this.#refusal === null) this.#failures = 0;
    const waitMs = Math.min(refusedRetryMs * 2 ** this.#failures++, refusedRetryMsMax);
    const again = () => durable.readValues().then(() => reloader.readStore());
    this.#timer = setTimeout(() => void this.#tried(again()), waitMs).unref();
    return { revision, reason: problems.join("; ") };
  }
}
