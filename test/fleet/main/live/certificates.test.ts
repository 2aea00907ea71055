// What the log says of the certificates that serve, at a start and at each reload.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { loadConfig } from "../../../../src/base/config/load.ts";
import { NO_SCRIPTS } from "../../../../src/control/live.ts";
import { warnOfCertificates } from "../../../../src/fleet/main/live/certificates.ts";
import { rosterOf } from "../../../../src/fleet/main/live/roster.ts";
import { createLogger } from "../../../../src/observe/log.ts";
import { Authority } from "../../../support/authority.ts";

const UNUSED = "a certificate is for no host of any tenant";

const folder = mkdtempSync(join(tmpdir(), "sluice-certificates-"));
after(() => rmSync(folder, { recursive: true }));
const authority = await Authority.make();

/** What is said of one for these names, where tenants have these hosts. */
async function said(names: readonly string[], hosts: readonly string[]): Promise<unknown[]> {
  const { cert, key } = await authority.issue({ names, days: 90 });
  writeFileSync(join(folder, "own.pem"), cert);
  writeFileSync(join(folder, "own.key"), key);
  const upstreams = { main: { peers: ["127.0.0.1:9001"] } };
  const tenants = Object.fromEntries(
    hosts.map((host, at) => [`t${at}`, { hosts: [host], upstreams }] as const),
  );
  const certificates = [{ cert: "own.pem", key: "own.key" }];
  const listeners = [{ address: "127.0.0.1:0", tls: { certificates } }];
  const file = join(folder, "sluice.yaml");
  writeFileSync(file, JSON.stringify({ listeners, tenants }));
  const config = loadConfig(file);
  const roster = rosterOf(
    config.tenants.map((tenant) => {
      const { name: id } = tenant;
      return { id, config: tenant, origin: "file", scripts: NO_SCRIPTS, certificates: [] };
    }),
  );
  const lines: string[] = [];
  const write = (line: string): void => void lines.push(line);
  const logger = createLogger({ level: "info", format: "json", fields: {} }, { write });
  warnOfCertificates({ config, roster }, logger);
  return lines.map((line) => {
    const { msg, certificate } = JSON.parse(line);
    return [msg, certificate];
  });
}

const USED: readonly (readonly [names: readonly string[], hosts: readonly string[]])[] = [
  [["a.example"], ["a.example"]],
  [
    ["other.example", "a.example"],
    ["b.example", "a.example"],
  ],
  [["*.example"], ["a.example"]],
  [["a.example"], ["*"]],
  [["x.y.a.example"], ["*.a.example"]],
  [["*.a.example"], ["*.a.example"]],
  [["*.x.a.example"], ["*.a.example"]],
];

for (const [names, hosts] of USED) {
  test(`one for ${names.join(", ")} is of use to ${hosts.join(", ")}`, async () => {
    assert.deepEqual(await said(names, hosts), []);
  });
}

const UNUSED_BY: typeof USED = [
  [["a.exmaple"], ["a.example"]],
  [["*.example"], ["x.a.example"]],
  [["*.a.example"], ["a.example"]],
  [["a.example"], ["*.a.example"]],
  [["b.example"], ["a.example", "*.b.example", "bb.example"]],
];

for (const [names, hosts] of UNUSED_BY) {
  test(`of one for ${names.join()} the log says that ${hosts.join()} have no use for it`, async () => {
    assert.deepEqual(await said(names, hosts), [[UNUSED, names[0]]]);
  });
}

test("as long as there are no tenants nothing is said", async () => {
  assert.deepEqual(await said(["a.example"], []), []);
});
