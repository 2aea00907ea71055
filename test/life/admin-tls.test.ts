// The admin address over TLS, for callers who show a certificate.

import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { connect } from "node:tls";
import { sluice } from "../cli/fake-admin.ts";
import { Authority } from "../support/authority.ts";
import { makeCertificate } from "../support/certificates.ts";
import { WITH_TOKEN } from "./control.ts";
import { TestProxy } from "./proxy.ts";
import { get, until } from "./tls-client.ts";

const [server, ops, others] = await Promise.all([
  makeCertificate("DNS:localhost", "IP:127.0.0.1"),
  Authority.make("ops"),
  Authority.make("others"),
]);
const [operator, stranger] = await Promise.all([ops.issue(), others.issue()]);
const folder = await mkdtemp(join(tmpdir(), "sluice-admin-tls-"));
const proxy = await TestProxy.start({
  files: { "s.pem": server.cert, "s.key": server.key, "ops.pem": ops.cert },
  env: WITH_TOKEN,
  config: {
    admin: { address: "127.0.0.1:0", tls: { cert: "s.pem", key: "s.key", ca: "ops.pem" } },
    tenants: { a: { hosts: ["a.example"], routes: [{ path: "/", answer: { status: 204 } }] } },
  },
});
after(async () => {
  await proxy[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});
const address = new URL(proxy.admin);

async function asked(pair: object): Promise<string> {
  const socket = connect({
    port: Number(address.port),
    host: "127.0.0.1",
    ca: server.cert,
    ...pair,
  });
  const failed = once(socket, "error").then(([error]) => `failed ${error.code}`);
  const said = once(socket, "secureConnect").then(() =>
    until(socket, get("127.0.0.1", "/v1/health", "Connection: close\r\n")),
  );
  return await Promise.race([said, failed]);
}

test("a caller with a certificate of the right authority is answered, no other one is", async () => {
  assert.match(await asked(operator), /^HTTP\/1\.1 200 /);
  assert.doesNotMatch(await asked(stranger), / 200 /);
  assert.doesNotMatch(await asked({}), / 200 /);
});

for (const maxVersion of ["TLSv1.2", "TLSv1.3"] as const) {
  test(`${maxVersion}: no session goes on, which would outlive its certificate`, async () => {
    const to = { port: Number(address.port), host: "127.0.0.1", ca: server.cert, maxVersion };
    const first = connect({ ...to, ...operator });
    let session: Buffer | undefined;
    first.on("session", (given: Buffer) => {
      session = given;
    });
    await once(first, "secureConnect");
    await until(first, get("127.0.0.1", "/v1/health", "Connection: close\r\n"));
    const again = connect({ ...to, ...(session === undefined ? operator : { session }) });
    const failed = once(again, "error").then(() => "failed");
    const stood = once(again, "secureConnect").then(() => again.isSessionReused());
    assert.notEqual(await Promise.race([stood, failed]), true);
    again.destroy();
  });
}

test("commands show and trust what the environment names", async () => {
  const files = { ca: server.cert, cert: operator.cert, key: operator.key };
  const env: Record<string, string> = {
    ...WITH_TOKEN,
    SLUICE_ADMIN_URL: `https://${address.host}`,
  };
  for (const [name, text] of Object.entries(files)) {
    const file = join(folder, name);
    await writeFile(file, text);
    env[`SLUICE_ADMIN_${name.toUpperCase()}`] = file;
  }
  const listed = await sluice(["tenant", "list"], { env, input: "" });
  assert.equal(listed.status, 0, listed.stderr);
  assert.match(listed.stdout, /a\.example/);
  const without = await sluice(["tenant", "list"], {
    ...{ env: { ...env, SLUICE_ADMIN_CERT: "", SLUICE_ADMIN_KEY: "" }, input: "" },
  });
  assert.equal(without.status, 1);
});
