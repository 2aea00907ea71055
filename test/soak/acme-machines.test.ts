// Two machines that share a store, of which one orders certificates: the other answers the
// authority as well, and both show what was issued.

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

async function shown(port: number, servername: string): Promise<string> {
  const { socket, names } = await secured(port, { servername });
  socket.destroy();
  return names;
}

/** The other one first: the authority looks there, and nowhere else. */
const PORTS = [await freePort(), await freePort(), await freePort(), await freePort()] as const;

async function options(pebble: Pebble, hosts: readonly string[]) {
  const own = await makeCertificate("DNS:fallback.example");
  const store = await newStore();
  const tls = { certificates: [{ cert: "own.pem", key: "own.key" }] };
  const routes = [{ path: "/", answer: { status: 204 } }];
  const files = { "own.pem": own.cert, "own.key": own.key, "ca.pem": pebble.ca };
  return (clear: number, secure: number, acme: object, folder?: string): ProxyOptions => ({
    ...{ files, env: { ...WITH_TOKEN, SLUICE_SECRETS_KEY: KEY } },
    config: {
      ...{ store, tenants: { a: { hosts, routes } }, ...acme },
      listeners: [{ address: `127.0.0.1:${secure}`, tls }, { address: `127.0.0.1:${clear}` }],
    },
    ...(folder === undefined ? {} : { folder }),
  });
}

const acmeOf = ({ directory }: Pebble, challenge: string): object => ({
  acme: { directory, ca: "ca.pem", termsAgreed: true, challenges: [challenge] },
});

for (const challenge of ["http-01", "tls-alpn-01"]) {
  test(`what one machine orders, another proves by ${challenge}, and both show it`, {
    skip,
  }, async () => {
    const [otherClear, otherSecure, clear, secure] = PORTS;
    await using pebble = await Pebble.start({ httpPort: otherClear, tlsPort: otherSecure });
    await using folder = await Folder.make();
    const of = await options(pebble, ["a.example"]);
    await using other = await TestProxy.start(of(otherClear, otherSecure, {}, folder.path));
    assert.equal(await shown(otherSecure, "a.example"), "DNS:fallback.example");
    await using orders = await TestProxy.start(of(clear, secure, acmeOf(pebble, challenge)));
    await orders.waitFor(({ msg }) => msg === "a certificate was issued");
    for (const port of [secure, otherSecure]) {
      await until(async () => (await shown(port, "a.example")) === "DNS:a.example");
    }
    assert.doesNotMatch(await other.metrics(), /^sluice_acme_orders_total\{/m);
  });
}

const ordered = async (proxy: TestProxy, result: string): Promise<number> => {
  const line = new RegExp(`^sluice_acme_orders_total\\{result="${result}"\\} (\\d+)$`, "m");
  return Number(line.exec(await proxy.metrics())?.[1] ?? 0);
};

test("two machines that both may order have one certificate for each name", { skip }, async () => {
  const [otherClear, otherSecure, clear, secure] = PORTS;
  await using pebble = await Pebble.start({ httpPort: otherClear, tlsPort: otherSecure });
  await using folder = await Folder.make();
  const hosts = ["a.example", "b.example", "c.example"];
  const [of, acme] = [await options(pebble, hosts), acmeOf(pebble, "http-01")];
  await using other = await TestProxy.start(of(otherClear, otherSecure, acme, folder.path));
  await using one = await TestProxy.start(of(clear, secure, acme));
  for (const host of hosts) {
    for (const port of [secure, otherSecure]) {
      await until(async () => (await shown(port, host)) === `DNS:${host}`);
    }
  }
  const count = async (result: string): Promise<number> =>
    (await ordered(one, result)) + (await ordered(other, result));
  assert.equal(await count("ok"), hosts.length);
  assert.equal(await count("failed"), 0);
});
