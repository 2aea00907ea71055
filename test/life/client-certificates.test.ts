// Certificates of clients: each tenant says whose it takes. A connection that was accepted for one
// tenant never serves another, and no session of one is resumed at another.

import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { ConnectionOptions } from "node:tls";
import { Authority } from "../support/authority.ts";
import { makeCertificate } from "../support/certificates.ts";
import { Http2Client } from "./http2-client.ts";
import { TestProxy } from "./proxy.ts";
import { RawClient } from "./raw-client.ts";
import { get, secured, until } from "./tls-client.ts";

const SCRIPT = `import { definePhases } from "sluice";
export default definePhases({
  requestFilter: ({ client }) => Response.json(client.tls),
});`;

const [ours, theirs, server] = await Promise.all([
  Authority.make("ours"),
  Authority.make("theirs"),
  makeCertificate("DNS:*.example", "DNS:a.strict.example"),
]);
const [till, foreign, expired] = await Promise.all([
  ours.issue({ subject: "O=Shöp, CN=till 7" }),
  theirs.issue({ subject: "CN=till 7" }),
  ours.issue({ subject: "CN=old till", days: -1 }),
]);
const tenant = (host: string, clientCertificates?: object) => ({
  ...{ hosts: [host], script: "main.ts", upstreams: {} },
  ...(clientCertificates === undefined ? {} : { clientCertificates }),
});
const tenants = {
  strict: tenant("strict.example", { ca: "ours.pem" }),
  sent: { ...tenant("sent.example", { ca: "ours.pem" }), https: { redirect: true } },
  twin: tenant("twin.example", { ca: ours.cert }),
  lenient: tenant("lenient.example", { ca: "ours.pem", mode: "optional" }),
  open: tenant("open.example"),
};
const config = {
  workers: 2,
  trustedProxies: ["127.0.0.2"],
  listeners: [
    { address: "127.0.0.1:0", tls: { certificates: [{ cert: "s.pem", key: "s.key" }] } },
    { address: "127.0.0.1:0", http2: true },
  ],
  tenants,
};
const files = {
  ...{ "main.ts": SCRIPT, "ours.pem": ours.cert, "theirs.pem": theirs.cert },
  ...{ "s.pem": server.cert, "s.key": server.key },
};
const proxy = await TestProxy.start({ files, config });
after(() => proxy[Symbol.asyncDispose]());

const ready = await proxy.waitFor(({ msg }) => msg === "ready");
const clearPort = Number(String((ready.listeners as string[])[1]).split(":")[1]);

interface Asked extends ConnectionOptions {
  readonly host?: string;
}

/** Status and body; what the handshake ended in, if it failed. */
async function asked(servername: string, options: Asked = {}): Promise<string> {
  const { host = `${servername}.example`, ...more } = options;
  try {
    const { socket } = await secured(proxy.port, { servername: `${servername}.example`, ...more });
    const gone = once(socket, "error").then(([error]) => String(error.code));
    const said = until(socket, get(host, "/", "Connection: close\r\n"));
    const text = await Promise.race([gone, said]);
    const [head = "", body = ""] = Buffer.from(text, "latin1").toString().split("\r\n\r\n");
    return head.startsWith("HTTP/1.1 ") ? `${head.slice(9, 12)} ${body}` : `failed ${text}`;
  } catch (error) {
    return `failed ${error instanceof Error && "code" in error ? error.code : error}`;
  }
}

/** With which the client may go on. */
async function sessionOf(servername: string, options: Asked): Promise<Buffer> {
  const host = `${servername}.example`;
  const { socket } = await secured(proxy.port, { ...options, servername: host });
  const begun = socket.getSession();
  const came = options.maxVersion === "TLSv1.3" ? once(socket, "session") : null;
  await until(socket, get(host, "/", "Connection: close\r\n"));
  const session: Buffer | undefined = came === null ? begun : (await came)[0];
  assert.ok(session !== undefined);
  return session;
}

const VERSIONS = ["TLSv1.2", "TLSv1.3"] as const;
/** Long enough for two handshakes on a busy machine. */
const BRIEF_MS = 12_000;
const DAY_MS = 86_400_000;

for (const maxVersion of VERSIONS) {
  const only = { maxVersion };
  test(`${maxVersion}: a tenant that requires certificates serves clients it knows`, async () => {
    const answer = await asked("strict", { ...only, ...till });
    assert.match(answer, /^200 \{/);
    const tls: Record<string, unknown> = JSON.parse(answer.slice(4));
    assert.equal(tls.version, maxVersion);
    assert.match(String(tls.cipher), /AES|CHACHA/);
    assert.equal(tls.serverName, "strict.example");
    assert.equal(tls.subject, "O=Shöp, CN=till 7");
    assert.match(String(tls.fingerprint), /^(?:[0-9A-F]{2}:){31}[0-9A-F]{2}$/);
    assert.equal(tls.verified, true);
    for (const other of [{}, foreign, expired]) {
      assert.match(await asked("strict", { ...only, ...other }), /^failed/);
    }
  });

  test(`${maxVersion}: one that only asks serves all, and says who is verified`, async () => {
    for (const [pair, verified] of [
      [till, true],
      [foreign, false],
      [expired, false],
    ] as const) {
      const answer = await asked("lenient", { ...only, ...pair });
      assert.match(answer, new RegExp(`"verified":${verified}`));
      assert.match(answer, /"subject":"[^"]*till/);
    }
    assert.match(
      await asked("lenient", only),
      /"subject":null,"fingerprint":null,"verified":false/,
    );
    assert.match(await asked("open", { ...only, ...till }), /"subject":null/);
  });

  test(`${maxVersion}: no session opens another tenant`, async () => {
    const session = await sessionOf("strict", { ...only, ...till });
    // its own: resumed, and still known by the certificate that it began with
    assert.match(await asked("strict", { ...only, session }), /^200 .*till 7.*"verified":true/);
    // a tenant with the same authority, and one that only asks
    assert.match(await asked("twin", { ...only, session }), /^failed/);
    assert.match(await asked("lenient", { ...only, session }), /"subject":null/);
  });
}

test("a session is worth no more than the client's certificate once that has expired", async () => {
  const brief = await ours.issue({ subject: "CN=brief", days: BRIEF_MS / DAY_MS });
  await Promise.all(
    VERSIONS.map(async (maxVersion) => {
      const shown = { maxVersion, ...brief };
      const strict = { maxVersion, session: await sessionOf("strict", shown) };
      const lenient = { maxVersion, session: await sessionOf("lenient", shown) };
      assert.match(await asked("strict", strict), /^200 .*brief.*"verified":true/);
      const { validToDate } = new X509Certificate(brief.cert);
      await sleep(validToDate.getTime() - Date.now() + 1_000);
      assert.match(await asked("strict", strict), /^failed/);
      assert.match(await asked("lenient", lenient), /^200 .*brief.*"verified":false/);
    }),
  );
});

test("a connection that was made for one tenant's policy serves no other's hosts", async () => {
  for (const [name, host] of [
    ["open", "strict.example"],
    ["strict", "open.example"],
    ["strict", "twin.example"],
    ["lenient", "strict.example"],
  ] as const) {
    assert.match(await asked(name, { ...till, host }), /^421 /, `${name} ${host}`);
  }
  // who names no host was asked for nothing
  const { socket } = await secured(proxy.port, { ...till });
  const said = await until(socket, get("strict.example", "/", "Connection: close\r\n"));
  assert.match(said, /^HTTP\/1\.1 421 /);
});

test("in the clear nobody can show one: a tenant that requires them serves nobody there", async () => {
  const inTheClear = async (host: string, path = "/", from = "127.0.0.1"): Promise<string> => {
    const client = await RawClient.to(clearPort, from);
    client.send(get(`${host}.example`, path, "X-Forwarded-Proto: https\r\nConnection: close\r\n"));
    await client.closed();
    return client.text;
  };
  assert.match(await inTheClear("strict"), /^HTTP\/1\.1 421 [\s\S]*"misdirected"/);
  // a way to the right place is no answer of the tenant's; what is not sent there has none
  assert.match(await inTheClear("sent"), /^HTTP\/1\.1 308 [\s\S]*https:\/\/sent\.example\//);
  assert.match(await inTheClear("sent", "/.well-known/acme-challenge/x"), /^HTTP\/1\.1 421 /);
  assert.match(await inTheClear("sent", "/", "127.0.0.2"), /^HTTP\/1\.1 421 /);
  // where the script decides, it does so here as well
  assert.match(await inTheClear("lenient"), /^HTTP\/1\.1 200 [\s\S]*null$/);
  await using session = await Http2Client.to(`http://127.0.0.1:${clearPort}`);
  assert.equal((await session.get("/", { ":authority": "strict.example" })).status, 421);
});

test("a reload with another authority holds for connections that are open as well", async () => {
  const { socket } = await secured(proxy.port, { ...till, servername: "strict.example" });
  const strict = tenant("strict.example", { ca: "theirs.pem" });
  await proxy.configure({ ...config, tenants: { ...tenants, strict } });
  proxy.signal("SIGHUP");
  await proxy.waitFor(({ msg }) => msg === "reloaded");
  const said = await until(socket, get("strict.example"));
  assert.match(said, /^HTTP\/1\.1 421 /);
  assert.match(await asked("strict", till), /^failed/);
  assert.match(await asked("strict", foreign), /^200 .*"verified":true/);
});
