// Certificates that the proxy orders from an authority itself: Debian's pebble issues them, for
// names that are tenants' hosts, by each of the challenges.

import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { connect } from "node:tls";
import { sluice } from "../cli/fake-admin.ts";
import { KEY } from "../control/store-stand.ts";
import { missing } from "../support/debian.ts";
import { freePort } from "../support/free-port.ts";
import { Pebble } from "../support/pebble.ts";
import { call, list, TOKEN, WITH_TOKEN } from "./control.ts";
import { get } from "./plain-get.ts";
import { TestProxy } from "./proxy.ts";
import { secured } from "./tls-client.ts";

const skip = await missing("pebble", "pebble");

/** Nothing of an order gets past it. */
const REFUSES = `import { definePhases } from "sluice";
export default definePhases({
  requestFilter: () => new Response("by the script", { status: 403 }),
});`;

const DNS_COMMAND = `
const [url, verb, host, value] = process.argv.slice(2);
const path = verb === "add" ? "set-txt" : "clear-txt";
await fetch(url + "/" + path, { method: "POST", body: JSON.stringify({ host: host + ".", value }) });
`;

const tenant = (hosts: readonly string[], more: object = {}) => ({
  ...{ hosts, script: "main.ts", https: { redirect: true }, ...more },
});

const [httpPort, tlsPort] = [await freePort(), await freePort()];
const folder = await mkdtemp(join(tmpdir(), "sluice-life-"));
const pebble = skip === false ? await Pebble.start({ httpPort, tlsPort }) : null;
const acme = {
  ...{ directory: pebble?.directory, ca: "ca.pem", termsAgreed: true },
  ...{ contact: ["ops@shop.example"], challenges: ["http-01"] },
};
const config = (acme: object, tenants: object) => ({
  ...{ workers: 2, store: "sqlite:store.db", acme, tenants },
  listeners: [{ address: `127.0.0.1:${tlsPort}`, tls: {} }, { address: `127.0.0.1:${httpPort}` }],
  operator: { script: "main.ts" },
});
const start = (): Promise<TestProxy> =>
  TestProxy.start({
    folder,
    env: { ...WITH_TOKEN, SLUICE_SECRETS_KEY: KEY },
    files: { "main.ts": REFUSES, "dns.mjs": DNS_COMMAND, "ca.pem": pebble?.ca ?? "" },
    config: config(acme, { a: tenant(["a.example"]) }),
  });

let proxy: TestProxy;
before(async () => {
  if (pebble !== null) proxy = await start();
});
after(async () => {
  await proxy?.[Symbol.asyncDispose]();
  await pebble?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const issued = (host: string) =>
  proxy.waitFor((line) => line.msg === "a certificate was issued" && line.host === host);

async function shown(servername: string): Promise<readonly [string, string]> {
  const { socket, names } = await secured(tlsPort, { servername });
  const { issuer } = socket.getPeerCertificate();
  socket.destroy();
  return [names, String(issuer.CN)];
}

async function reload(...now: Parameters<typeof config>): Promise<void> {
  await proxy.configure(config(...now));
  proxy.signal("SIGHUP");
}

test("a name is proved by http-01, ahead of every script and redirect", { skip }, async () => {
  await issued("a.example");
  const [names, issuer] = await shown("a.example");
  assert.equal(names, "DNS:a.example");
  assert.match(issuer, /^Pebble Intermediate/);
});

test("what is no token of an order is a request like any other", { skip }, async () => {
  for (const token of ["", "x", "..%2fx", "a".repeat(43)]) {
    const target = `/.well-known/acme-challenge/${token}`;
    const { status } = await get({ port: httpPort }, { host: "a.example", target });
    assert.equal(status, 403, token);
  }
});

test("one is proved by tls-alpn-01, for a tenant that comes with a reload", { skip }, async () => {
  const alpn = { ...acme, challenges: ["tls-alpn-01"] };
  await reload(alpn, { a: tenant(["a.example"]), b: tenant(["b.example"]) });
  await issued("b.example");
  assert.equal((await shown("b.example"))[0], "DNS:b.example");
});

test("the protocol of tls-alpn-01 is spoken for no name without an order", { skip }, async () => {
  for (const servername of ["a.example", "b.example", "stranger.example"]) {
    const options = { servername, ALPNProtocols: ["acme-tls/1"], rejectUnauthorized: false };
    const socket = connect({ port: tlsPort, host: "127.0.0.1", ...options });
    const [code] = await new Promise<[string]>((resolve) => {
      socket.on("secureConnect", () => resolve(["it was spoken"]));
      socket.on("error", (error: NodeJS.ErrnoException) => resolve([error.code ?? ""]));
    });
    socket.destroy();
    assert.match(code, /ALERT_NO_APPLICATION_PROTOCOL|ALERT_HANDSHAKE_FAILURE/, servername);
  }
});

test("one is proved by dns-01 with a command of the operator's, for all names below one", {
  skip,
}, async () => {
  const command = [process.execPath, join(folder, "dns.mjs"), pebble?.dns ?? ""];
  const dns = { command, waitMs: 1 };
  await reload({ ...acme, dns }, { a: tenant(["a.example"]), w: tenant(["*.w.example"]) });
  await issued("*.w.example");
  assert.equal((await shown("any.w.example"))[0], "DNS:*.w.example");
});

test("the API, the command line and the metrics say what there is", { skip }, async () => {
  const { body } = await call(proxy, ["GET", "/tenants/w/certificates"]);
  const [own] = list(body.certificates);
  assert.deepEqual([own?.origin, own?.hosts], ["acme", ["*.w.example"]]);
  assert.deepEqual(body.orders, []);
  const env = { SLUICE_ADMIN_TOKEN: TOKEN, SLUICE_ADMIN_URL: proxy.admin };
  const args = ["certificate", "list", "--tenant", "a"];
  const { stdout } = await sluice(args, { env, input: "" });
  assert.match(stdout, /acme-a-example-[0-9a-f]{12} +a\.example +ec +20\d\d-/);
  assert.match(await proxy.metrics(), /^sluice_acme_orders_total\{result="ok"\} 3$/m);
});

test("what was issued outlives a restart, and is not ordered again", { skip }, async () => {
  await proxy.stop();
  proxy = await start();
  assert.equal((await shown("a.example"))[0], "DNS:a.example");
  const { body } = await call(proxy, ["GET", "/tenants/a/certificates"]);
  assert.deepEqual(body.orders, []);
  assert.doesNotMatch(await proxy.metrics(), /^sluice_acme_orders_total\{/m);
});
