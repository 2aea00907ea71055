// A cluster is upgraded as docs/cluster.md says: the tables first, then one proxy after the other
// hands over to the new release, while the others are still of the one before. No request fails, no
// change is lost, and both releases share what is changed at either.

import assert from "node:assert/strict";
import { mkdtemp, rename, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { sluice } from "../cli/fake-admin.ts";
import { everywhere, ok } from "../life/cluster-stand.ts";
import { call, deploy, versioned } from "../life/control.ts";
import { FailoverStand, more } from "../life/failover-stand.ts";
import { olderRelease } from "../support/older-release.ts";
import { missingPostgres } from "../support/postgres.ts";
import { run } from "../support/program.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const MAIN = "src/cli/main.ts";
const skip = await missingPostgres();
const folder = await mkdtemp(join(tmpdir(), "sluice-older-"));
after(() => rm(folder, { recursive: true, force: true }));

test("two releases share a store while a cluster is upgraded", {
  skip,
  timeout: 300_000,
}, async (t) => {
  const older = await olderRelease(folder);
  if (older === null) return t.skip("the history of this repository is not here");
  const installed = join(folder, "installed");
  await symlink(older, installed);
  const migrate = async (url: string): Promise<void> => {
    const args = [join(older, MAIN), "store", "migrate", url];
    const { status, stderr } = await run(process.execPath, args);
    assert.equal(status, 0, stderr);
  };
  const release = { migrate, main: join(installed, MAIN) };
  await using stand = await FailoverStand.start({ proxies: 3, release });
  const deployed = async (at: number, version: number): Promise<void> => {
    assert.equal((await deploy(stand.proxyAt(at), versioned(version))).status, 201);
    await everywhere(stand.proxies, `${version} ${version}`);
  };
  await deployed(0, 1);
  await stand.during("upgraded", async (changes) => {
    const migrated = await sluice(["store", "migrate", stand.store]);
    assert.equal(migrated.status, 0, migrated.stderr);
    await more(changes, 10);
    await deployed(1, 2);
    await symlink(ROOT, join(folder, "next"));
    await rename(join(folder, "next"), installed);
    for (const i of stand.proxies.keys()) {
      ok(await call(stand.proxyAt(i), ["POST", "/handover"], {}));
      await more(changes, 10);
      await deployed(i, 10 + i);
      await deployed((i + 1) % stand.proxies.length, 20 + i);
    }
  });
});
