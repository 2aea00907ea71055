// Certificates that are replaced while clients come: no handshake fails, and the sessions of other
// tenants go on.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { KEY } from "../control/store-stand.ts";
import { call, WITH_TOKEN } from "../life/control.ts";
import { TestProxy } from "../life/proxy.ts";
import { get, secured, until } from "../life/tls-client.ts";
import { Authority } from "../support/authority.ts";
import { makeCertificate } from "../support/certificates.ts";

const REPLACEMENTS = 100;

const [listeners, authority] = await Promise.all([
  makeCertificate("DNS:others.example"),
  Authority.make(),
]);
const pairs = await Promise.all([0, 1].map(() => authority.issue({ names: ["a.example"] })));
const tenant = (host: string) => ({
  hosts: [host],
  routes: [{ path: "/", answer: { status: 204 } }],
});
const proxy = await TestProxy.start({
  env: { ...WITH_TOKEN, SLUICE_SECRETS_KEY: KEY },
  files: { "s.pem": listeners.cert, "s.key": listeners.key },
  config: {
    workers: 2,
    store: "memory",
    limits: { handshakesPerSecond: 0 },
    listeners: [
      { address: "127.0.0.1:0", tls: { certificates: [{ cert: "s.pem", key: "s.key" }] } },
    ],
    tenants: { a: tenant("a.example"), b: tenant("b.example") },
  },
});
after(() => proxy[Symbol.asyncDispose]());

interface Done {
  readonly isResumed: boolean;
  /** A ticket that came with it. */
  readonly ticket: Buffer | null;
}

async function handshake(servername: string, session?: Buffer): Promise<Done> {
  const { socket } = await secured(proxy.port, { servername, ...(session ? { session } : {}) });
  const isResumed = socket.isSessionReused();
  let ticket: Buffer | null = null;
  socket.on("session", (came: Buffer) => {
    ticket = came;
  });
  const said = await until(socket, get(servername, "/", "Connection: close\r\n"));
  assert.match(said, /^HTTP\/1\.1 204 /);
  return { isResumed, ticket };
}

test("100 replacements under load fail no handshake, and other tenants' sessions go on", async () => {
  let isOver = false;
  let handshakes = 0;
  const load = async (): Promise<void> => {
    while (!isOver) {
      await handshake("a.example");
      handshakes++;
    }
  };
  const { ticket } = await handshake("b.example");
  assert.ok(ticket !== null);
  const clients = [load(), load()];
  for (let i = 0; i < REPLACEMENTS; i++) {
    const pair = pairs[i % 2];
    const { status, body } = await call(proxy, ["PUT", "/tenants/a/certificates/own"], pair);
    assert.equal(status, 200, JSON.stringify(body));
    if (i % 10 > 0) continue;
    assert.equal((await handshake("b.example", ticket)).isResumed, true);
  }
  isOver = true;
  await Promise.all(clients);
  assert.ok(handshakes > 20, `${handshakes} handshakes`);
  assert.doesNotMatch(await proxy.metrics(), /handshakes_total\{result="failed"\}/);
});
