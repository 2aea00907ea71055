// Clients that ask for names that are nobody's, where certificates are ordered from an authority:
// none of the names is ordered, or an attacker could use up what the authority allows.

import assert from "node:assert/strict";
import { once } from "node:events";
import { after, test } from "node:test";
import { connect } from "node:tls";
import { KEY } from "../control/store-stand.ts";
import { get } from "../life/plain-get.ts";
import { TestProxy } from "../life/proxy.ts";
import { freePort } from "../support/free-port.ts";

const NAMES = 1_000;
const AT_ONCE = 50;
/** Nobody is there: whatever is ordered fails at once, and says so in the log. */
const directory = `https://localhost:${await freePort()}/dir`;

const tenant = (host: string) => ({
  hosts: [host],
  routes: [{ path: "/", answer: { status: 204 } }],
});
const config = (...hosts: readonly string[]) => ({
  store: "memory",
  acme: { directory, termsAgreed: true },
  limits: { handshakesPerSecond: 0 },
  listeners: [{ address: "127.0.0.1:0", tls: {} }, { address: "127.0.0.1:0" }],
  tenants: Object.fromEntries(hosts.map((host) => [host[0], tenant(host)])),
});
const proxy = await TestProxy.start({
  env: { SLUICE_SECRETS_KEY: KEY },
  config: config("a.example"),
});
after(() => proxy[Symbol.asyncDispose]());

/** There is no certificate to show it. */
async function refused(servername: string, protocol: string): Promise<void> {
  const options = { servername, ALPNProtocols: [protocol], rejectUnauthorized: false };
  const socket = connect({ port: proxy.port, host: "127.0.0.1", ...options });
  socket.on("secureConnect", () => assert.fail(`${servername} was shown a certificate`));
  await once(socket, "error");
  socket.destroy();
}

const ordered = (host: string) =>
  proxy.waitFor((line) => line.msg === "a certificate cannot be had yet" && line.host === host);

test(`${NAMES} names that are no tenant's are asked for, and none is ordered`, async () => {
  await ordered("a.example");
  for (let done = 0; done < NAMES; done += AT_ONCE) {
    const names = Array.from({ length: AT_ONCE }, (_, at) => `n${done + at}.a.example`);
    const protocol = done % 100 === 0 ? "h2" : "acme-tls/1";
    await Promise.all(names.map((name) => refused(name, protocol)));
  }
  const [, clear = ""] = (await proxy.waitFor(({ msg }) => msg === "ready")).listeners as string[];
  const port = Number(clear.slice(clear.lastIndexOf(":") + 1));
  const target = `/.well-known/acme-challenge/${"a".repeat(43)}`;
  assert.equal((await get({ port }, { host: "n1.a.example", target })).status, 421);
  // orders are looked for anew at each reload: this one comes behind all that could have been
  await proxy.configure(config("a.example", "b.example"));
  proxy.signal("SIGHUP");
  await ordered("b.example");
  const tried = proxy.lines.filter(({ msg }) => msg === "a certificate cannot be had yet");
  assert.deepEqual(new Set(tried.map(({ host }) => host)), new Set(["a.example", "b.example"]));
  const { full, failed } = await handshakes();
  assert.deepEqual([full, failed], [0, NAMES]);
});

async function handshakes() {
  const text = await proxy.metrics();
  const of = (result: string): number => {
    const line = new RegExp(`^sluice_tls_handshakes_total\\{result="${result}"\\} (\\d+)$`, "m");
    return Number(line.exec(text)?.[1] ?? 0);
  };
  return { full: of("full"), failed: of("failed") };
}
