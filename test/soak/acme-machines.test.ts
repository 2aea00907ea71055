// Two machines that share a store, of which one orders certificates: both show what it gets.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { Folder, KEY } from "../control/store-stand.ts";
import { newStore, server, skip as skipPostgres } from "../life/cluster-server.ts";
import { until } from "../life/cluster-stand.ts";
import { WITH_TOKEN } from "../life/control.ts";
import { type ProxyOptions, TestProxy } from "../life/proxy.ts";
import { secured } from "../life/tls-client.ts";
import { makeCertificate } from "../support/certificates.ts";
import { missing } from "../support/debian.ts";
import { freePort } from "../support/free-port.ts";
import { Pebble } from "../support/pebble.ts";

after(() => server?.[Symbol.asyncDispose]());

const skip = skipPostgres === false ? await missing("pebble", "pebble") : skipPostgres;

async function shown(port: number): Promise<string> {
  const { socket, names } = await secured(port, { servername: "a.example" });
  socket.destroy();
  return names;
}

test("what one machine orders is shown by the other, which orders nothing", { skip }, async () => {
  const [httpPort, tlsPort, otherPort] = [await freePort(), await freePort(), await freePort()];
  await using pebble = await Pebble.start({ httpPort, tlsPort });
  await using folder = await Folder.make();
  const own = await makeCertificate("DNS:fallback.example");
  const store = await newStore();
  const tls = { certificates: [{ cert: "own.pem", key: "own.key" }] };
  const routes = [{ path: "/", answer: { status: 204 } }];
  const shared = { store, tenants: { a: { hosts: ["a.example"], routes } } };
  const files = { "own.pem": own.cert, "own.key": own.key, "ca.pem": pebble.ca };
  const options = (config: object): ProxyOptions => ({
    ...{ files, env: { ...WITH_TOKEN, SLUICE_SECRETS_KEY: KEY } },
    config: { ...shared, ...config },
  });
  const clear = { address: `127.0.0.1:${httpPort}` };
  await using other = await TestProxy.start({
    ...options({ listeners: [{ address: `127.0.0.1:${otherPort}`, tls }] }),
    folder: folder.path,
  });
  assert.equal(await shown(otherPort), "DNS:fallback.example");
  await using orders = await TestProxy.start(
    options({
      acme: { directory: pebble.directory, ca: "ca.pem", termsAgreed: true },
      listeners: [{ address: `127.0.0.1:${tlsPort}`, tls }, clear],
    }),
  );
  await orders.waitFor(({ msg }) => msg === "a certificate was issued");
  for (const port of [tlsPort, otherPort]) {
    await until(async () => (await shown(port)) === "DNS:a.example");
  }
  assert.doesNotMatch(await other.metrics(), /^sluice_acme_orders_total\{/m);
});
