// The revision of the store: it grows with each change of what proxies serve, in the transaction of
// that change, and with nothing else.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Store } from "../../src/control/store/store.ts";
import { add, audit, deployment, Folder, memoryStore, put, remove, share } from "./store-stand.ts";

const numberOf = async (store: Store): Promise<number> => (await store.revision()).number;

const DISABLED = { state: "disabled", reason: "it fails" } as const;

/** Each is told of the revision that it made, or says something else. */
const CHANGES: readonly [title: string, change: (store: Store) => Promise<unknown>][] = [
  ["a tenant that is put", async (store) => void (await put(store))],
  ["a version with its traffic", async (store) => void (await add(store))],
  ["shares", async (store) => await share(store, [{ version: 1, percent: 100 }])],
  [
    "a version that is disabled",
    (store) =>
      store.setDeploymentState(
        { tenant: "demo", version: 1 },
        DISABLED,
        audit("deployment.disable"),
      ),
  ],
  ["a suspension", (store) => store.setSuspended("demo", true, audit("tenant.suspend"))],
  [
    "a flag",
    async (store) =>
      (await store.putFlag("demo", { name: "f", value: 1 }, audit("flag.put"))).revision,
  ],
  ["a flag that goes", (store) => store.deleteFlag("demo", "f", audit("flag.delete"))],
  [
    "a secret",
    async (store) =>
      (await store.putSecret("demo", { name: "s", value: "v" }, audit("secret.put"))).revision,
  ],
  ["a secret that goes", (store) => store.deleteSecret("demo", "s", audit("secret.delete"))],
  ["a certificate", (store) => store.putCertificate("demo", CERTIFICATE, audit("certificate.put"))],
  [
    "a certificate that goes",
    (store) => store.deleteCertificate("demo", CERTIFICATE.name, audit("certificate.delete")),
  ],
  ["a tenant that is deleted", async (store) => await remove(store)],
  ["a tenant of the file that nobody knew", (store) => store.release([], [BORN])],
];

const CERTIFICATE = {
  ...({ name: "c", origin: "api" } as const),
  ...{ names: [], kind: "ec", subject: "", issuer: "", fingerprint: "" },
  ...{ serial: "", notBeforeMs: 0, expiresAtMs: 0, cert: "", key: "a key" },
};

const BORN = { tenant: "filed", id: "filed" };

test("each change of what is live is the next revision, and says so in the audit log", async () => {
  const { store, close } = await memoryStore();
  assert.equal(await numberOf(store), 0);
  for (const [i, [title, change]] of CHANGES.entries()) {
    const told = await change(store);
    assert.equal(await numberOf(store), i + 1, title);
    if (typeof told === "number") assert.equal(told, i + 1, title);
  }
  const lines = await store.audit({ tenant: null }, { before: null, limit: 100 });
  const revisions = lines.map(({ detail }) => detail.revision);
  assert.deepEqual(
    revisions.toReversed(),
    CHANGES.slice(0, -1).map((_, i) => i + 1),
  );
  await close();
});

test("what is refused, and what changes nothing that is served, makes no revision", async () => {
  const { store, close } = await memoryStore();
  await put(store);
  const refused: readonly Promise<unknown>[] = [
    store.deleteFlag("demo", "none", audit("flag.delete")),
    put(store, { name: "demo", expected: 0 }),
    share(store, [{ version: 9, percent: 100 }]),
    store.putFlag("demo", { name: "f", value: 1 }, { ...audit("flag.put"), actor: "token:gone" }),
  ];
  for (const { status } of await Promise.allSettled(refused)) assert.equal(status, "rejected");
  await store.addAudit(audit("login.refused", null));
  await store.putCounter({ tenant: "demo", name: "n", value: 1n }, audit("counter.put"));
  await store.saveCounters([{ tenant: "demo", name: "n", value: 2n }]);
  assert.equal(await numberOf(store), 1);
  await close();
});

test("it goes on in a store that is opened again, and never names another store's history", async () => {
  await using folder = await Folder.make();
  const first = await folder.open();
  await put(first.store);
  const before = await first.store.revision();
  await first.close();
  const again = await folder.open();
  assert.deepEqual(await again.store.revision(), before);
  await add(again.store, deployment());
  assert.deepEqual(await again.store.revision(), { ...before, number: 2 });
  await again.close();
  const other = await memoryStore();
  assert.notEqual((await other.store.revision()).lineage, before.lineage);
  await other.close();
});
