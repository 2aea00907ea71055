// Flags and secrets on their way to scripts. The main thread reads them from the store and writes
// them on a board, an entry for each tenant; a worker looks at it before each turn and reads the
// entries that are new. So a change is seen by the next turn of every isolate, and nobody waits for
// anybody.

import { nameOfIdentity } from "../../base/identity.ts";
import { LIMITS } from "../../base/limits.ts";
import { Mutex } from "../../base/mutex.ts";
import type { Store } from "../../control/store/store.ts";
import type { Logger } from "../../observe/log.ts";
import { NO_VALUES, type ScriptValues } from "../../sandbox/values.ts";
import { Board, type News } from "../../state/board.ts";

/** An identity and what its scripts read; null: the tenant is gone. */
type Entry = readonly [id: string, values: ScriptValues | null];

type Source = Pick<Store, "settingTenants" | "identity" | "flags" | "secretValues">;

export interface ValuesOptions {
  /** Null: there are none. */
  readonly store: Source | null;
  readonly logger: Logger;
}

/** In the main thread. */
export class ValuesWriter {
  readonly board = Board.make(LIMITS.settingsBoardBytes);
  readonly #options: ValuesOptions;
  /** By identity: what still runs of a tenant that is gone sees nothing of the next one's. */
  readonly #values = new Map<string, ScriptValues>();
  #revision = 0;
  readonly #mutex = new Mutex();

  constructor(options: ValuesOptions) {
    this.#options = options;
  }

  /** All there are: before any worker starts, and when others may have changed them. */
  load(): Promise<void> {
    return this.#mutex.run(async () => {
      for (const tenant of (await this.#options.store?.settingTenants()) ?? []) {
        await this.#read(tenant);
      }
      this.#rewrite();
    });
  }

  /** @param id  of the tenant */
  of(id: string): ScriptValues {
    return this.#values.get(id) ?? NO_VALUES;
  }

  /** One after the other: what is read last is what is there last. */
  changed(tenant: string): Promise<void> {
    return this.#mutex.run(async () => {
      const entries = await this.#read(tenant);
      if (!entries.every((entry) => this.board.append(JSON.stringify(entry)))) this.#rewrite();
    });
  }

  /** What has changed for the tenant. */
  async #read(tenant: string): Promise<readonly Entry[]> {
    const { store } = this.#options;
    if (store === null) return [];
    const flags = (await store.flags(tenant)).map(({ name, value }) => [name, value]);
    const secrets = await this.#secrets(store, tenant);
    const text = asciiJson({ flags: Object.fromEntries(flags), secrets });
    const id = await store.identity(tenant);
    const entries: Entry[] = [];
    for (const other of this.#values.keys()) {
      if (other === id || nameOfIdentity(other) !== tenant) continue;
      this.#values.delete(other);
      entries.push([other, null]);
    }
    if (id === null) return entries;
    const values = { revision: ++this.#revision, text };
    this.#values.set(id, values);
    return [...entries, [id, values]];
  }

  async #secrets(store: Source, tenant: string) {
    try {
      return await store.secretValues(tenant);
    } catch (thrown) {
      const reason = thrown instanceof Error ? thrown.message : String(thrown);
      this.#options.logger.error({ tenant, reason }, "secrets are not served");
      return null;
    }
  }

  #rewrite(): void {
    this.board.rewrite([...this.#values].map((entry) => JSON.stringify(entry)));
  }
}

/** For a pipe whose text is latin1. */
const asciiJson = (value: unknown): string =>
  JSON.stringify(value).replace(
    /[\u0080-\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );

/** In a worker. */
export class ValuesReader {
  readonly #board: Board;
  readonly #values = new Map<string, ScriptValues>();

  constructor(shared: SharedArrayBuffer) {
    this.#board = new Board(shared);
  }

  /** @param id  of the tenant */
  of(id: string): ScriptValues {
    const news = this.#board.news();
    if (news !== null) this.#take(news);
    return this.#values.get(id) ?? NO_VALUES;
  }

  #take({ texts, isWhole }: News): void {
    if (isWhole) this.#values.clear();
    for (const text of texts) {
      const [id, values]: Entry = JSON.parse(text);
      if (values === null) this.#values.delete(id);
      else this.#values.set(id, values);
    }
  }
}
