// How clients come to https:// and stay there: the redirect and Strict-Transport-Security.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { proxyHeader } from "../../src/proxy-protocol/write-header.ts";
import { makeCertificate } from "../support/certificates.ts";
import { httpOrigin } from "./http-origin.ts";
import { TestProxy } from "./proxy.ts";
import { RawClient } from "./raw-client.ts";
import { get, secured, until } from "./tls-client.ts";

const SCRIPT = `import { definePhases } from "sluice";
export default definePhases({
  requestFilter({ request }) {
    if (request.path === "/script") return new Response("by the script");
    if (request.path === "/fails") throw new Error("it fails");
    return undefined;
  },
});`;

const { cert, key } = await makeCertificate("DNS:shop.example", "DNS:plain.example");
const origin = await httpOrigin((request, response) => {
  response.setHeader("Strict-Transport-Security", "max-age=1");
  response.end(`${request.method} ${request.url} ${request.headers["x-forwarded-proto"]}`);
});
const upstreams = { main: { peers: [origin.address] } };
const proxy = await TestProxy.start({
  files: { "main.ts": SCRIPT, "s.pem": cert, "s.key": key },
  config: {
    trustedProxies: ["127.0.0.2"],
    listeners: [
      { address: "127.0.0.1:0", tls: { certificates: [{ cert: "s.pem", key: "s.key" }] } },
      { address: "127.0.0.1:0" },
      { address: "127.0.0.1:0", proxyProtocol: { from: ["127.0.0.1"] } },
    ],
    tenants: {
      shop: {
        ...{ hosts: ["shop.example"], script: "main.ts", upstreams },
        https: { redirect: true, hsts: { maxAgeSeconds: 600, includeSubDomains: true } },
      },
      plain: { hosts: ["plain.example"], upstreams },
      other: { hosts: ["other.example"], upstreams, https: { redirect: true, port: 8443 } },
    },
  },
});
for (const one of [proxy, origin]) after(() => one[Symbol.asyncDispose]());
const ready = await proxy.waitFor(({ msg }) => msg === "ready");
const portOf = (listener: number): number =>
  Number(String((ready.listeners as string[])[listener]).split(":")[1]);

const overTls = async (path: string, servername = "shop.example"): Promise<string> => {
  const { socket } = await secured(proxy.port, { servername });
  return await until(socket, get(servername, path, "Connection: close\r\n"));
};

/** @param from  127.0.0.2 is a trusted proxy */
async function inTheClear(request: string, from = "127.0.0.1"): Promise<string> {
  const client = await RawClient.to(portOf(1), from);
  client.send(request);
  await client.closed();
  return client.text;
}

const hsts = (text: string): readonly string[] =>
  [...text.matchAll(/^strict-transport-security: ([^\r]*)/gim)].map(([, value]) => value ?? "");

test("every answer over TLS says it once, in place of what an origin says", async () => {
  for (const path of ["/", "/script", "/fails"]) {
    assert.deepEqual(hsts(await overTls(path)), ["max-age=600; includeSubDomains"], path);
  }
  assert.deepEqual(hsts(await overTls("/", "plain.example")), ["max-age=1"]);
});

test("requests in the clear are sent to the same host and target, and say nothing of it", async () => {
  const post = "POST /a/%2f?b=c HTTP/1.1\r\nHost: shop.example:8080\r\nContent-Length: 0\r\n";
  const said = await inTheClear(`${post}Connection: close\r\n\r\n`);
  assert.match(said, /^HTTP\/1\.1 308 /);
  assert.match(said, /^Location: https:\/\/shop\.example\/a\/%2f\?b=c\r$/im);
  assert.deepEqual(hsts(said), []);
  const other = await inTheClear(get("other.example", "/x", "Connection: close\r\n"));
  assert.match(other, /^Location: https:\/\/other\.example:8443\/x\r$/im);
  const plain = await inTheClear(get("plain.example", "/x", "Connection: close\r\n"));
  assert.match(plain, /^HTTP\/1\.1 200 [\s\S]*GET \/x http$/);
});

test("an authority's challenge is not redirected", async () => {
  const path = "/.well-known/acme-challenge/some-token";
  const said = await inTheClear(get("shop.example", path, "Connection: close\r\n"));
  assert.match(said, new RegExp(`^HTTP/1\\.1 200 [\\s\\S]*GET ${path} http$`));
});

const CLAIMS: Readonly<Record<string, boolean>> = {
  "X-Forwarded-Proto: https\r\n": true,
  "Forwarded: for=192.0.2.1;proto=https, for=10.0.0.1;proto=http\r\n": true,
  "X-Forwarded-Proto: http\r\n": false,
  "Forwarded: for=192.0.2.1;proto=http\r\n": false,
};
for (const [claim, isSecure] of Object.entries(CLAIMS)) {
  test(`${claim.trim()} is believed of a trusted proxy alone: there is no loop`, async () => {
    const request = get("shop.example", "/", `${claim}Connection: close\r\n`);
    const trusted = await inTheClear(request, "127.0.0.2");
    assert.match(trusted, isSecure ? /^HTTP\/1\.1 200 / : /^HTTP\/1\.1 308 /);
    assert.equal(hsts(trusted).includes("max-age=600; includeSubDomains"), isSecure);
    assert.match(await inTheClear(request), /^HTTP\/1\.1 308 /);
  });
}

/** Who sent it to the balancer, and how: version 2 of the PROXY protocol. */
const HEADER = proxyHeader({
  source: { address: "198.51.100.7", port: 49_153 },
  destination: { address: "203.0.113.1", port: 443 },
});
/** By TLS 1.3, without a certificate, as HAProxy's `send-proxy-v2-ssl` has it. */
const BY_TLS = Buffer.from("20000f0100000000210007544c5376312e33", "hex");

test("a balancer that took TLS off says so in front of the connection: there is no loop", async () => {
  const asked = async (more: Buffer): Promise<string> => {
    const header = Buffer.concat([HEADER, more]);
    header.writeUInt16BE(header.length - 16, 14);
    const client = await RawClient.to(portOf(2));
    const request = get("shop.example", "/", "Connection: close\r\n");
    client.send(header.toString("latin1") + request);
    await client.closed();
    return client.text;
  };
  const secure = await asked(BY_TLS);
  assert.match(secure, /^HTTP\/1\.1 200 /);
  assert.deepEqual(hsts(secure), ["max-age=600; includeSubDomains"]);
  assert.match(await asked(Buffer.alloc(0)), /^HTTP\/1\.1 308 /);
});
