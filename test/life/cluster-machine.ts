// What reads file and store at one of several machines, without workers: as many as a test wants in
// one process.

import assert from "node:assert/strict";
import { parsePostgres } from "../../src/base/config/postgres.ts";
import type { Config } from "../../src/base/config/types.ts";
import { type OpenCluster, openCluster } from "../../src/control/store/cluster/open-cluster.ts";
import { SecretKeys } from "../../src/control/store/secret-keys.ts";
import type { Store } from "../../src/control/store/store.ts";
import { type Candidate, readCandidate } from "../../src/fleet/main/live/candidate.ts";
import { FileMemory } from "../../src/fleet/main/live/file-memory.ts";
import { createLogger } from "../../src/observe/log.ts";
import { Folder, KEY } from "../control/store-stand.ts";

const logger = createLogger({ level: "error", format: "json", fields: {} }, { write: () => {} });

export class Machine implements AsyncDisposable {
  readonly #cluster: OpenCluster;
  readonly #folder: Folder;
  readonly #memory = new FileMemory();

  private constructor(cluster: OpenCluster, folder: Folder) {
    this.#cluster = cluster;
    this.#folder = folder;
  }

  static async open(url: string): Promise<Machine> {
    const address = parsePostgres(url);
    assert.ok(address !== null);
    const folder = await Folder.make();
    const nothing = (): void => {};
    const cluster = await openCluster({
      ...{ address, folder: folder.path, name: "of a test", isSuccessor: false },
      keys: SecretKeys.parse(KEY, "the test"),
      onAudit: nothing,
      on: { lost: nothing, found: nothing, replaced: nothing, refused: nothing, twin: nothing },
    });
    return new Machine(cluster, folder);
  }

  get store(): Store {
    return this.#cluster.store;
  }

  /** Why what is stored cannot be copied here; null: it can. */
  get refusal(): string | null {
    return this.#cluster.copyRefusal()?.reason ?? null;
  }

  /** False: what is counted here is not told to the others. */
  async tells(): Promise<boolean> {
    const counter = { tenant: "nobody", name: "hits", value: 1n };
    return (await this.#cluster.counts.exchange([counter])) !== null;
  }

  read(config: Config): Promise<Candidate> {
    const certificates = { of: async () => [], keep: () => {} };
    const sources = { logger, store: this.store, certificates, memory: this.#memory };
    return readCandidate(config, { ...sources, storedTenants: async () => [] });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#cluster.close();
    await this.#folder[Symbol.asyncDispose]();
  }
}
