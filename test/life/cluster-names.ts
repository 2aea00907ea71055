// Proxies that meet a new tenant of the file at the same moment agree on who it is, many times over
// in one process.

import assert from "node:assert/strict";
import { join } from "node:path";
import { parseConfig } from "../../src/base/config/load.ts";
import { parsePostgres } from "../../src/base/config/postgres.ts";
import type { Config } from "../../src/base/config/types.ts";
import { openCluster } from "../../src/control/store/cluster/open-cluster.ts";
import { SecretKeys } from "../../src/control/store/secret-keys.ts";
import type { Store } from "../../src/control/store/store.ts";
import { type Candidate, readCandidate } from "../../src/fleet/main/live/candidate.ts";
import { FileMemory } from "../../src/fleet/main/live/file-memory.ts";
import { createLogger } from "../../src/observe/log.ts";
import { audit, Folder, KEY } from "../control/store-stand.ts";
import { until } from "./cluster-stand.ts";

const TENANTS = 10;

/** @param url  of an empty store */
export async function agreeOnNames(url: string): Promise<void> {
  await using one = await Machine.open(url);
  await using two = await Machine.open(url);
  for (let i = 0; i < TENANTS; i++) {
    const tenant = `shop-${i}`;
    const config = configWith(tenant);
    const [first, second] = await Promise.all([one.read(config), two.read(config)]);
    await second.record(() => []);
    await two.store.putFlag(tenant, { name: "kept", value: i }, audit("flag.put", tenant));
    // it was slower to start, and takes nothing of that back
    await first.record(() => []);
    const id = second.roster.get(tenant)?.id;
    assert.equal(first.roster.get(tenant)?.id, id);
    for (const { store } of [one, two]) {
      await until(async () => (await store.flags(tenant)).length === 1);
      assert.equal(await store.identity(tenant), id);
    }
  }
  await refuseLateOnes(one.store, two.store);
}

/** They could not ask who it is when they read the file. */
async function refuseLateOnes(one: Store, two: Store): Promise<void> {
  const tenant = "late";
  await one.release([], [{ tenant, id: "late~1" }]);
  await one.putFlag(tenant, { name: "kept", value: 1 }, audit("flag.put", tenant));
  await assert.rejects(two.release([], [{ tenant, id: "late~2" }]), {
    fault: "conflict",
    message: /Cannot begin tenant late: .* another machine has named/,
  });
  assert.equal(await two.identity(tenant), "late~1");
  assert.equal((await two.flags(tenant)).length, 1);
}

function configWith(tenant: string): Config {
  const upstreams = { o: { peers: ["127.0.0.1:1"] } };
  const text = JSON.stringify({ tenants: { [tenant]: { hosts: ["*"], upstreams } } });
  const parsed = parseConfig(text, join(import.meta.dirname, "sluice.yaml"));
  if ("problems" in parsed) assert.fail(JSON.stringify(parsed.problems));
  return parsed.config;
}

const logger = createLogger({ level: "error", format: "json", fields: {} }, { write: () => {} });

/** What reads the file and the store, without workers. */
class Machine implements AsyncDisposable {
  readonly store: Store;
  readonly #memory = new FileMemory();
  readonly #close: () => Promise<void>;

  private constructor(store: Store, close: () => Promise<void>) {
    this.store = store;
    this.#close = close;
  }

  static async open(url: string): Promise<Machine> {
    const address = parsePostgres(url);
    assert.ok(address !== null);
    const folder = await Folder.make();
    const failed = (error: unknown): void => assert.fail(String(error));
    const { store, close } = await openCluster({
      ...{ address, folder: folder.path, name: "of a test", isSuccessor: false },
      keys: SecretKeys.parse(KEY, "the test"),
      onAudit: () => {},
      on: { lost: failed, found: () => {}, replaced: () => {}, refused: failed, twin: failed },
    });
    return new Machine(store, async () => {
      await close();
      await folder[Symbol.asyncDispose]();
    });
  }

  read(config: Config): Promise<Candidate> {
    const certificates = { of: async () => [], keep: () => {} };
    const sources = { logger, store: this.store, certificates, memory: this.#memory };
    return readCandidate(config, { ...sources, storedTenants: async () => [] });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
  }
}
