// What a listener with TLS speaks: versions, suites, groups and protocols, by clients that know one
// of them.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { type ConnectionOptions, connect, type TLSSocket } from "node:tls";
import { Authority } from "../support/authority.ts";
import { TestProxy } from "./proxy.ts";

const NAME = "a.example";
const authority = await Authority.make();
const [ec, rsa] = await Promise.all(
  (["ec", "rsa"] as const).map((kind) => authority.issue({ names: [NAME], kind })),
);
assert.ok(ec !== undefined && rsa !== undefined);
const certificates = [
  { cert: "ec.pem", key: "ec.key" },
  { cert: "rsa.pem", key: "rsa.key" },
];
const proxy = await TestProxy.start({
  files: { "ec.pem": ec.cert, "ec.key": ec.key, "rsa.pem": rsa.cert, "rsa.key": rsa.key },
  config: {
    timeouts: { handshakeMs: 60_000 }, // a refusal is to be the handshake's own
    listeners: [
      { address: "127.0.0.1:0", tls: { certificates } },
      { address: "127.0.0.1:0", http2: false, tls: { certificates, minVersion: "TLSv1.3" } },
    ],
    tenants: { a: { hosts: [NAME], routes: [{ path: "/", answer: { status: 204 } }] } },
  },
});
after(() => proxy[Symbol.asyncDispose]());
const ready = await proxy.waitFor(({ msg }) => msg === "ready");
const newestPort = Number(String((ready.listeners as string[])[1]).split(":")[1]);

/** Version, suite and group. */
function keysOf(socket: TLSSocket): string {
  const { name = "" } = { name: "", ...socket.getEphemeralKeyInfo() };
  return [socket.getProtocol(), socket.getCipher().name, name].join(" ");
}

/** What both sides agree on; `refused`: nothing. */
async function agreed(
  options: ConnectionOptions,
  port = proxy.port,
  shown = keysOf,
): Promise<string> {
  const all = { port, host: "127.0.0.1", servername: NAME, ca: authority.cert, ...options };
  const socket = connect(all);
  const result = await new Promise<string>((resolve) => {
    socket.on("error", () => resolve("refused"));
    socket.once("secureConnect", () => resolve(shown(socket)));
  });
  socket.destroy();
  return result;
}

/** As old as OpenSSL has it. */
const only = (version: "TLSv1.1" | "TLSv1.2" | "TLSv1.3", more: ConnectionOptions = {}) =>
  ({ minVersion: version, maxVersion: version, ...more }) as const;

test("TLS 1.2 and 1.3 are spoken, and nothing older", async () => {
  assert.match(await agreed(only("TLSv1.3")), /^TLSv1\.3 TLS_AES_128_GCM_SHA256 /);
  assert.match(await agreed(only("TLSv1.2")), /^TLSv1\.2 ECDHE-ECDSA-AES128-GCM-SHA256 /);
  const old = only("TLSv1.1", { ciphers: "DEFAULT:@SECLEVEL=0" });
  assert.equal(await agreed(old), "refused");
});

test("a listener may speak 1.3 alone", async () => {
  assert.match(await agreed({}, newestPort), /^TLSv1\.3 /);
  assert.equal(await agreed(only("TLSv1.2"), newestPort), "refused");
});

const SUITES = [
  ...["ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256"],
  ...["ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-RSA-AES256-GCM-SHA384"],
  ...["ECDHE-ECDSA-CHACHA20-POLY1305", "ECDHE-RSA-CHACHA20-POLY1305"],
];

test("by TLS 1.2 each suite with ECDHE and AEAD is spoken, by the certificate of its kind", async () => {
  for (const ciphers of SUITES) {
    assert.match(await agreed(only("TLSv1.2", { ciphers })), new RegExp(`^TLSv1\\.2 ${ciphers} `));
  }
});

test("a suite without forward secrecy, by finite fields, or without AEAD is not", async () => {
  const weak = [
    ...["AES128-GCM-SHA256", "AES128-SHA", "DHE-RSA-AES128-GCM-SHA256"],
    ...["ECDHE-RSA-AES128-SHA256", "ECDHE-ECDSA-AES256-SHA", "ECDHE-ECDSA-AES128-CCM"],
  ];
  for (const ciphers of weak) assert.equal(await agreed(only("TLSv1.2", { ciphers })), "refused");
});

test("a key that quantum computers cannot find comes first, and X25519 and P-256 are spoken", async () => {
  assert.match(await agreed({}), / X25519MLKEM768$/);
  assert.match(await agreed({ ecdhCurve: "X25519" }), / X25519$/);
  assert.match(await agreed({ ecdhCurve: "P-256" }), / prime256v1$/);
});

test("HTTP/2 comes first, whatever the client would rather have, unless it is switched off", async () => {
  const protocol = (ALPNProtocols: string[], port = proxy.port): Promise<string> =>
    agreed({ ALPNProtocols }, port, ({ alpnProtocol }) => `${alpnProtocol}`);
  assert.equal(await protocol(["http/1.1", "h2"]), "h2");
  assert.equal(await protocol(["http/1.1"]), "http/1.1");
  assert.equal(await protocol(["h2", "http/1.1"], newestPort), "http/1.1");
  assert.equal(await protocol(["h2"], newestPort), "refused");
  assert.equal(await protocol(["h3", "acme-tls/1"]), "refused");
});
