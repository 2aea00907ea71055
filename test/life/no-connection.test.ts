// Scripts that run without a connection, in smoke requests and replays: what a tenant wants of its
// clients' connections is not asked of them.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { Authority } from "../support/authority.ts";
import { makeCertificate } from "../support/certificates.ts";
import { call, deploy, list, WITH_TOKEN } from "./control.ts";
import { TestProxy } from "./proxy.ts";
import { get, secured, until } from "./tls-client.ts";

const SCRIPT = `import { definePhases } from "sluice";
export default definePhases({ requestFilter: () => new Response("served") });
`;

const ours = await Authority.make("ours");
const [till, server] = await Promise.all([
  ours.issue({ subject: "CN=till 7" }),
  makeCertificate("DNS:demo.example", "DNS:sent.example"),
]);
const DOWN = { main: { peers: ["127.0.0.1:1"] } };
const strict = (name: string) => ({
  hosts: [`${name}.example`],
  clientCertificates: { ca: "ours.pem" },
  upstreams: DOWN,
});
const tls = { certificates: [{ cert: "s.pem", key: "s.key" }] };
const proxy = await TestProxy.start({
  files: { "main.ts": SCRIPT, "s.pem": server.cert, "s.key": server.key, "ours.pem": ours.cert },
  env: WITH_TOKEN,
  config: {
    store: "memory",
    listeners: [{ address: "127.0.0.1:0", tls }],
    tenants: {
      demo: strict("demo"),
      sent: { ...strict("sent"), script: "main.ts", https: { redirect: true } },
      moved: { hosts: ["moved.example"], upstreams: DOWN, https: { redirect: true } },
    },
  },
});
after(() => proxy[Symbol.asyncDispose]());

test("a smoke request shows no certificate, of a tenant that requires one", async () => {
  const smoke = [{ path: "/", expect: { status: 200, bodyIncludes: "served" } }];
  const { status, body } = await deploy(proxy, SCRIPT, { smoke });
  assert.equal(status, 201, JSON.stringify(body));
});

test("a smoke request comes over TLS, to a tenant that redirects all others", async () => {
  const smoke = [{ path: "/", expect: { status: 200, bodyIncludes: "served" } }];
  const upload = { files: { "main.ts": SCRIPT }, smoke };
  const { status, body } = await call(proxy, ["POST", "/tenants/moved/deployments"], upload);
  assert.equal(status, 201, JSON.stringify(body));
});

test("a request that came over TLS, with a certificate, is replayed as it was", async () => {
  await call(proxy, ["POST", "/tenants/sent/capture-rules"], { count: 1 });
  const { socket } = await secured(proxy.port, { ...till, servername: "sent.example" });
  const answer = await until(socket, get("sent.example", "/", "Connection: close\r\n"));
  assert.match(answer, /^HTTP\/1\.1 200 [\s\S]*served$/);
  for (;;) {
    const { body } = await call(proxy, ["GET", "/tenants/sent/captures"]);
    if (list(body.captures).length > 0) break;
    await setTimeout(20);
  }
  const { body } = await call(proxy, ["POST", "/tenants/sent/replays"], {});
  assert.deepEqual(
    list(body.replayed).map(({ result }) => result),
    ["same"],
    JSON.stringify(body),
  );
});
