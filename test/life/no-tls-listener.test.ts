// A tenant whose clients must show certificates, and a proxy without any listener with TLS.

import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { makeCertificate } from "../support/certificates.ts";
import { call, WITH_TOKEN } from "./control.ts";
import { TestProxy } from "./proxy.ts";

const { cert, key } = await makeCertificate("DNS:tills.example");
const STRICT = {
  hosts: ["tills.example"],
  clientCertificates: { ca: cert },
  routes: [{ path: "/", answer: { status: 200 } }],
};

test("one that is stored is made known at a start, and neither served nor made anew", async () => {
  const folder = await mkdtemp(join(tmpdir(), "sluice-life-"));
  const begin = (listener: object): Promise<TestProxy> =>
    TestProxy.start({
      ...{ folder, env: WITH_TOKEN, files: { "s.pem": cert, "s.key": key } },
      config: {
        store: "sqlite:store.db",
        listeners: [{ address: "127.0.0.1:0", ...listener }],
        tenants: { other: { hosts: ["other.example"], routes: STRICT.routes } },
      },
    });
  const put = (proxy: TestProxy) => call(proxy, ["PUT", "/tenants/tills"], STRICT);
  try {
    const tls = { certificates: [{ cert: "s.pem", key: "s.key" }] };
    await using secure = await begin({ tls });
    assert.equal((await put(secure)).status, 201);
    assert.equal(await secure.stop(), 0);

    await using clear = await begin({});
    const warned = await clear.waitFor(({ msg }) => /no listener speaks TLS/.test(msg ?? ""));
    assert.deepEqual([warned.tenants, warned.count], [["tills"], 1]);
    const { status, body } = await put(clear);
    assert.equal(status, 422);
    assert.match(JSON.stringify(body), /give one tls in sluice\.yaml/);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
