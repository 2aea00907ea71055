// What the tests of the store share: a folder of their own, an open store, an audit entry.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { newIdentity } from "../../src/base/identity.ts";
import { type OpenStore, openStore } from "../../src/control/store/open-store.ts";
import { SecretKeys } from "../../src/control/store/secret-keys.ts";
import type {
  AuditEntry,
  NewDeployment,
  Release,
  Store,
  TrafficShare,
} from "../../src/control/store/store.ts";

export const KEY = Buffer.alloc(32, 1).toString("base64");
export const OTHER_KEY = Buffer.alloc(32, 2).toString("base64");

export class Folder implements AsyncDisposable {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  static async make(): Promise<Folder> {
    return new Folder(await mkdtemp(join(tmpdir(), "sluice-store-")));
  }

  /** Of the database. */
  get file(): string {
    return join(this.path, "sluice.db");
  }

  open(keys = KEY): Promise<OpenStore> {
    return openStore({ path: this.file, keys: SecretKeys.parse(keys, "the test") });
  }

  /** What is in it, beside whoever owns it. */
  async peek<T>(look: (store: Store) => Promise<T>): Promise<T> {
    const keys = SecretKeys.parse(KEY, "the test");
    const { store, close } = await openStore({ path: this.file, keys, isSuccessor: true });
    try {
      return await look(store);
    } finally {
      await close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }
}

type NewStore = () => Promise<Pick<OpenStore, "store" | "close">>;

let newStore: NewStore = () => openStore({ path: null, keys: SecretKeys.parse(KEY, "the test") });

/** From now on new stores are made so: store-postgres.test.ts runs the tests once more with it. */
export function makeStoresBy(make: NewStore): void {
  newStore = make;
}

/** An empty one, gone when it is closed. */
export const memoryStore: NewStore = () => newStore();

export const audit = (action: string, tenant: string | null = "demo"): AuditEntry => ({
  actor: "token:env",
  action,
  tenant,
  target: "",
  detail: {},
});

export const deployment = (more: Partial<NewDeployment> = {}): NewDeployment => ({
  tenant: "demo",
  origin: "api",
  author: "token:test",
  message: "a change",
  files: { "main.ts": "export default {};" },
  entry: "main.ts",
  code: "globalThis.script = {};",
  map: "{}",
  sha256: "0".repeat(64),
  bytes: 23,
  hooks: ["requestFilter"],
  smoke: [],
  ...more,
});

interface Put {
  readonly name?: string;
  readonly hosts?: readonly string[];
  readonly expected?: number | null;
}

/** Makes a tenant or changes it. */
export async function put(store: Store, { name = "demo", hosts = [], expected = null }: Put = {}) {
  const line = audit("tenant.put", name);
  const change = { name, settings: { hosts }, expected, id: newIdentity(name), audit: line };
  const [made = null] = (await store.changeTenants([change])).made;
  if (made === null) throw new TypeError("a tenant that is put is there");
  return made;
}

export async function remove(store: Store, name = "demo", expected: number | null = null) {
  const line = audit("tenant.delete", name);
  await store.changeTenants([{ name, settings: null, expected, id: "", audit: line }]);
}

/** Into the history, with all of the traffic or these shares. Resolves to its version. */
export async function add(
  store: Store,
  made = deployment(),
  shares = (version: number): TrafficShare[] => [{ version, percent: 100 }],
): Promise<number> {
  const { tenant } = made;
  const version = await store.nextVersion(tenant);
  const line = { ...audit("deployment.create", tenant), target: `version ${version}` };
  await store.release([
    { ...trafficOf(tenant, shares(version), line), deployment: { ...made, version } },
  ]);
  return version;
}

/** Shares of versions that are in the history. */
export const share = (store: Store, versions: readonly TrafficShare[], tenant = "demo") =>
  store.release([trafficOf(tenant, versions, audit("traffic.set", tenant))]);

const trafficOf = (
  tenant: string,
  versions: readonly TrafficShare[],
  line: AuditEntry,
): Release => ({
  tenant,
  deployment: null,
  traffic: { versions, stickyBy: { kind: "address" } },
  audit: [line],
});

export const NEWEST = { before: null, limit: 100 };
