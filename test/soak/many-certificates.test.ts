// Certificates of very many tenants, of whom few are asked for: what they cost is their text.

import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { factsOf } from "../../src/base/certificates/facts.ts";
import { audit, Folder, KEY } from "../control/store-stand.ts";
import { WITH_TOKEN } from "../life/control.ts";
import { TestProxy } from "../life/proxy.ts";
import { get, secured, until } from "../life/tls-client.ts";
import { Authority } from "../support/authority.ts";
import { makeCertificate } from "../support/certificates.ts";
import { residentMiB } from "../support/resident.ts";

const TENANTS = 10_000;
/** Asked once each, on whichever worker. */
const IN_USE = TENANTS / 100;
const MORE_MIB_MAX = 64;
const LONG_MS = 30 * 60_000;
/** How often it is read, a second apart: its threads collect garbage every three. */
const READINGS = 60;
const COLLECTS = fileURLToPath(new URL("../support/collect-often.cjs", import.meta.url));

const hostOf = (i: number): string => `t${i}.test`;

const listeners = await makeCertificate("DNS:*.test");

async function fill(folder: Folder): Promise<void> {
  const authority = await Authority.make();
  const { store, close } = await folder.open();
  try {
    for (let i = 0; i < TENANTS; i++) {
      const pair = await authority.issue({ names: [hostOf(i)] });
      const facts = factsOf(new X509Certificate(pair.cert));
      const certificate = { ...facts, ...pair, name: "own", origin: "api" } as const;
      await store.putCertificate(`t${i}`, certificate, audit("certificate put", `t${i}`));
    }
  } finally {
    await close();
  }
}

/** MiB of a process and of all below it, once the garbage of its start is gone. */
async function livingMiB(pid: number): Promise<number> {
  let least = residentMiB(pid);
  for (let i = 0; i < READINGS; i++) {
    await sleep(1_000);
    least = Math.min(least, residentMiB(pid));
  }
  return least;
}

/** MiB of all its processes, with 1 % of the tenants asked, and who has shown certificates. */
async function measured(folder: Folder): Promise<{ mib: number; issuers: Set<string> }> {
  const tenants: Record<string, object> = {};
  for (let i = 0; i < TENANTS; i++) {
    tenants[`t${i}`] = { hosts: [hostOf(i)], routes: [{ path: "/", answer: { status: 204 } }] };
  }
  const tls = { certificates: [{ cert: "s.pem", key: "s.key" }] };
  await using proxy = await TestProxy.start({
    env: { ...WITH_TOKEN, SLUICE_SECRETS_KEY: KEY, NODE_OPTIONS: `--require "${COLLECTS}"` },
    files: { "s.pem": listeners.cert, "s.key": listeners.key },
    config: {
      ...{ workers: 2, store: `sqlite:${folder.file}`, tenants },
      listeners: [{ address: "127.0.0.1:0", tls }],
    },
  });
  const issuers = new Set<string>();
  for (let i = 0; i < TENANTS; i += TENANTS / IN_USE) {
    const { socket } = await secured(proxy.port, { servername: hostOf(i) });
    issuers.add(socket.getPeerX509Certificate()?.issuer ?? "");
    const said = await until(socket, get(hostOf(i), "/", "Connection: close\r\n"));
    assert.match(said, /^HTTP\/1\.1 204 /);
  }
  return { mib: await livingMiB(proxy.process.pid ?? 0), issuers };
}

test("10,000 tenants with certificates, one in a hundred in use, take 64 MiB more than without", {
  timeout: LONG_MS,
}, async (context) => {
  await using folder = await Folder.make();
  const without = await measured(folder);
  await fill(folder);
  const having = await measured(folder);
  assert.deepEqual([...without.issuers], ["CN=sluice test"]);
  assert.deepEqual([...having.issuers], ["CN=authority of a test"]);
  const more = having.mib - without.mib;
  context.diagnostic(`${without.mib.toFixed(0)} MiB without, ${more.toFixed(0)} more with`);
  assert.ok(more <= MORE_MIB_MAX, `${more.toFixed(0)} MiB more`);
});
