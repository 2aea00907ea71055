// What the tests of the store share: a folder of their own, an open store, an audit entry.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type OpenStore, openStore } from "../../src/control/store/open-store.ts";
import { SecretKeys } from "../../src/control/store/secret-keys.ts";
import type { AuditEntry, NewDeployment, Store } from "../../src/control/store/store.ts";

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

export const memoryStore = (): Promise<OpenStore> =>
  openStore({ path: null, keys: SecretKeys.parse(KEY, "the test") });

export const audit = (action: string, tenant: string | null = "demo"): AuditEntry => ({
  actor: "token:test",
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
  usesUrl: false,
  hooks: ["requestFilter"],
  smoke: [],
  ...more,
});

export const NEWEST = { before: null, limit: 100 };
