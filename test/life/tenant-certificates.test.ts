// Certificates that tenants bring along, by API and command line, and those of files that somebody
// renews: live without a reload, never for a host that is another tenant's.

import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { sluice } from "../cli/fake-admin.ts";
import { KEY } from "../control/store-stand.ts";
import { Authority } from "../support/authority.ts";
import { makeCertificate, makeCertificateOn } from "../support/certificates.ts";
import { call, list, TOKEN, WITH_TOKEN } from "./control.ts";
import { TestProxy } from "./proxy.ts";
import { get, secured, until } from "./tls-client.ts";

const authority = await Authority.make();
const issue = (...names: readonly string[]) => authority.issue({ names });
const [first, renewed, ofA, ofAll, stranger] = await Promise.all([
  makeCertificate("DNS:first.example"),
  makeCertificate("DNS:first.example", "DNS:renewed.example"),
  issue("a.example"),
  issue("a.example", "b.example", "x.a.example"),
  makeCertificate("DNS:stranger.example"),
]);
const tenant = (...hosts: readonly string[]) => ({
  hosts,
  routes: [{ path: "/", answer: { status: 200, body: hosts[0] } }],
});
const folder = await mkdtemp(join(tmpdir(), "sluice-life-"));
const begin = (): Promise<TestProxy> =>
  TestProxy.start({
    folder,
    env: { ...WITH_TOKEN, SLUICE_SECRETS_KEY: KEY },
    files: { "first.pem": first.cert, "first.key": first.key },
    config: {
      workers: 2,
      store: "sqlite:store.db",
      listeners: [
        {
          address: "127.0.0.1:0",
          tls: { certificates: [{ cert: "first.pem", key: "first.key" }] },
        },
      ],
      tenants: { a: tenant("a.example", "x.a.example"), b: tenant("b.example") },
    },
  });
let proxy = await begin();
after(async () => {
  await proxy[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const shown = async (servername: string): Promise<string> => {
  const { socket, names } = await secured(proxy.port, { servername });
  socket.destroy();
  return names;
};

const put = (name: string, pair: { readonly cert: string; readonly key: string }, of = "a") =>
  call(proxy, ["PUT", `/tenants/${of}/certificates/${name}`], { cert: pair.cert, key: pair.key });

test("a certificate by the API is shown for the tenant's hosts at once, on every worker", async () => {
  assert.equal(await shown("a.example"), "DNS:first.example");
  const { status, body } = await put("own", ofA);
  assert.equal(status, 200, JSON.stringify(body));
  assert.deepEqual(body.hosts, ["a.example"]);
  assert.match(String(body.expiresAt), /^20\d\d-\d\d-\d\dT/);
  assert.equal("key" in body, false);
  for (let i = 0; i < 8; i++) assert.equal(await shown("a.example"), "DNS:a.example");
  assert.equal(await shown("x.a.example"), "DNS:first.example");
});

test("the log says of a listener's certificate that it is for no host of any tenant", async () => {
  const { certificate } = await proxy.waitFor(({ msg }) => /is for no host/.test(msg ?? ""));
  assert.equal(certificate, "first.example");
});

test("it is never shown for a host of another tenant, nor serves one on its connection", async () => {
  assert.equal((await put("own", ofAll)).status, 200);
  assert.equal(await shown("x.a.example"), "DNS:a.example, DNS:b.example, DNS:x.a.example");
  assert.equal(await shown("b.example"), "DNS:first.example");
  const asked = async (host: string): Promise<string> => {
    const { socket } = await secured(proxy.port, { servername: "a.example" });
    return await until(socket, get(host, "/", "Connection: close\r\n"));
  };
  const explained = async (host: string) => {
    const body = { url: "https://a.example/", headers: { Host: host } };
    return (await call(proxy, ["POST", "/explain"], body)).body.end;
  };
  assert.match(await asked("x.a.example"), /^HTTP\/1\.1 200 /);
  assert.match(await asked("b.example"), /^HTTP\/1\.1 421 /);
  assert.partialDeepStrictEqual(await explained("x.a.example"), { status: 200, code: null });
  assert.partialDeepStrictEqual(await explained("b.example"), { status: 421, code: "misdirected" });
});

const [koblitz, expired, rsa] = await Promise.all([
  makeCertificateOn("secp256k1", "DNS:a.example"),
  authority.issue({ names: ["a.example"], days: -1 }),
  authority.issue({ names: ["a.example"], kind: "rsa" }),
]);

const REFUSED: readonly (readonly [string, { cert: string; key: string }, RegExp])[] = [
  ["the key of another", { cert: ofA.cert, key: first.key }, /key: .*belongs to another/],
  ["an EC key for RSA", { cert: rsa.cert, key: ofA.key }, /key: .*belongs to another/],
  ["no certificate", { cert: "none", key: ofA.key }, /cert: .*there is no certificate in it/],
  ["no key", { cert: ofA.cert, key: ofA.cert }, /key: .*there is no key in it/],
  ["one that is cut off", { cert: ofA.cert.slice(0, 300), key: ofA.key }, /cert: .*cut off/],
  [
    "a chain in the wrong order",
    { cert: authority.cert + ofA.cert, key: ofA.key },
    /key: .*certificate 2 of the file, and its own must come first/,
  ],
  [
    "a chain that leads elsewhere",
    { cert: ofA.cert + first.cert, key: ofA.key },
    /cert: .*certificate 2 of the chain has not issued/,
  ],
  ["one for no host of the tenant", stranger, /cert: .*one of a\.example, .*stranger\.example/],
  ["one on a curve of nobody's", koblitz, /cert: .*its key is on the curve secp256k1/],
  ["one that has expired", expired, /cert: .*it has expired/],
];

for (const [what, pair, reason] of REFUSED) {
  test(`${what} is refused with what is wrong, and the old one serves on`, async () => {
    const { status, body } = await put("own", pair);
    assert.equal(status, 422);
    assert.match(String(body.detail), reason);
    assert.equal(await shown("a.example"), "DNS:a.example, DNS:b.example, DNS:x.a.example");
  });
}

test("certificates and sessions outlive a restart, and keys are stored encrypted", async () => {
  const { socket } = await secured(proxy.port, { servername: "a.example" });
  const came = once(socket, "session");
  await until(socket, get("a.example", "/", "Connection: close\r\n"));
  const [session] = await came;
  assert.equal(await proxy.stop(), 0);
  proxy = await begin();
  const again = await secured(proxy.port, { servername: "a.example", session });
  assert.equal(again.socket.isSessionReused(), true);
  again.socket.destroy();
  assert.equal(await shown("a.example"), "DNS:a.example, DNS:b.example, DNS:x.a.example");
  assert.match(await proxy.metrics(), /expiry_seconds\{name="a\.example",serial="\w+"\} \d+$/m);
  const { body } = await call(proxy, ["GET", "/audit"]);
  assert.doesNotMatch(JSON.stringify(body), /PRIVATE/);
  const lines = list(body.lines ?? body.audit ?? body.entries);
  assert.ok(lines.some(({ action }) => String(action) === "certificate.put"));
});

test("the command line puts, lists and deletes them", async () => {
  await writeFile(join(folder, "own.pem"), ofA.cert);
  await writeFile(join(folder, "own.key"), ofA.key);
  const run = async (...args: readonly string[]): Promise<string> => {
    const env = { SLUICE_ADMIN_TOKEN: TOKEN, SLUICE_ADMIN_URL: proxy.admin, SLUICE_TENANT: "a" };
    const ending = await sluice(["certificate", ...args], { env, input: "" });
    assert.equal(ending.status, 0, ending.stderr);
    return ending.stdout;
  };
  const files = ["--cert", join(folder, "own.pem"), "--key", join(folder, "own.key")];
  assert.match(await run("put", "own", ...files), /certificate own of a is set/);
  assert.match(await run("list"), /own +a\.example +ec +20\d\d-/);
  assert.equal(await shown("a.example"), "DNS:a.example");
  await run("delete", "own", "--yes");
  assert.equal(await shown("a.example"), "DNS:first.example");
});

test("files that are renewed go live by themselves; a bad pair is said, and the old serves", async () => {
  await proxy.write("first.key", renewed.key);
  const refused = await proxy.waitFor(({ msg }) => /a certificate is refused/.test(msg ?? ""));
  assert.match(String(refused.reason), /it belongs to another certificate/);
  assert.equal(await shown("b.example"), "DNS:first.example");
  await proxy.write("first.pem", renewed.cert);
  await proxy.waitFor(({ msg }) => msg === "certificates were replaced");
  assert.equal(await shown("b.example"), "DNS:first.example, DNS:renewed.example");
});
