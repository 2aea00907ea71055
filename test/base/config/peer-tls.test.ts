// TLS of peers: what a configuration with certificates becomes, and which certificates are refused.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { parseConfig } from "../../../src/base/config/load.ts";
import { formatProblem } from "../../../src/base/config/problems.ts";
import type { PeerConfig } from "../../../src/base/config/types.ts";
import { LIMITS } from "../../../src/base/limits.ts";
import { makeCertificate } from "../../support/certificates.ts";

const OURS = await makeCertificate("DNS:proxy.test");
const OTHER = await makeCertificate("DNS:other.test");
const DEFAULTS = { verify: true, minVersion: "TLSv1.2", ca: null, cert: null, key: null };

const folder = mkdtempSync(join(tmpdir(), "sluice-tls-"));
after(() => rmSync(folder, { recursive: true }));

const FILES = {
  "ours.pem": OURS.cert,
  "ours.key": OURS.key,
  "other.key": OTHER.key,
  "bundle.pem": `Some text\n${OTHER.cert}\n${OURS.cert}`,
  "broken.pem": `${OURS.cert}${OTHER.cert.replace(/^MII/m, "MIJ")}`,
  "encrypted.key": "-----BEGIN ENCRYPTED PRIVATE KEY-----\n-----END ENCRYPTED PRIVATE KEY-----\n",
  "large.pem": "x".repeat(LIMITS.pemFileBytes + 1),
};
for (const [name, text] of Object.entries(FILES)) writeFileSync(join(folder, name), text);

const parse = (upstream: string) =>
  parseConfig(
    `tenants: { demo: { hosts: ["*"], upstreams: { one: ${upstream} } } }`,
    join(folder, "sluice.yaml"),
  );

const peersOf = (upstream: string): readonly PeerConfig[] => {
  const result = parse(upstream);
  if ("problems" in result) assert.fail(result.problems.map(formatProblem).join("\n"));
  return result.config.tenants[0]?.upstreams[0]?.peers ?? [];
};

const refusal = (tls: string): string => {
  const result = parse(`{ peers: ["a:1"], tls: ${tls} }`);
  if ("config" in result) assert.fail("the file was accepted");
  return result.problems.map(({ where, text }) => `${where}: ${text}`).join("\n");
};

describe("tls of a group and its peers", () => {
  it("is off by default, and true means verified by Node's roots", () => {
    const [off] = peersOf('{ peers: ["a:1"] }');
    const [on] = peersOf('{ peers: ["a:1"], tls: true }');
    assert.equal(off?.tls, null);
    assert.deepEqual(on?.tls, { sni: null, credentials: DEFAULTS });
  });

  it("of a peer takes the place of its group's, as a whole", () => {
    const [off, other] = [
      '{ address: "c:1", tls: false }',
      "{ address: d:1, tls: { sni: D.test } }",
    ];
    const peers = `["a:1", { address: "b:1" }, ${off}, ${other}]`;
    const [a, b, c, d] = peersOf(`{ peers: ${peers}, tls: { sni: all.test, verify: false } }`);
    assert.deepEqual(a?.tls, { sni: "all.test", credentials: { ...DEFAULTS, verify: false } });
    assert.equal(b?.tls, a?.tls, "peers share what their group says");
    assert.equal(c?.tls, null);
    assert.deepEqual(d?.tls, { sni: "d.test", credentials: DEFAULTS });
  });

  it("holds the text of its files", () => {
    const tls = "{ ca: bundle.pem, cert: ours.pem, key: ours.key, minVersion: TLSv1.3 }";
    const [peer] = peersOf(`{ peers: ["a:1"], tls: ${tls} }`);
    assert.deepEqual(peer?.tls?.credentials, {
      verify: true,
      minVersion: "TLSv1.3",
      ca: FILES["bundle.pem"],
      cert: OURS.cert,
      key: OURS.key,
    });
  });

  it("refuses a key of another certificate", () => {
    const text = 'expected the key of cert, got "other.key": it belongs to another certificate';
    assert.equal(
      refusal("{ cert: ours.pem, key: other.key }"),
      `tenants.demo.upstreams.one.tls.key: ${text}`,
    );
  });

  it("refuses a file with one broken certificate among good ones", () => {
    assert.match(
      refusal("{ ca: broken.pem }"),
      /tls\.ca: expected a PEM file of certificates, got/,
    );
  });

  it("refuses a key that is encrypted, a certificate in its place, and a key without one", () => {
    const text = refusal("{ cert: ours.key, key: encrypted.key }");
    assert.match(text, /tls\.key: .*, got "encrypted\.key": it is encrypted$/m);
    assert.match(text, /tls\.cert: .*, got "ours\.key": there is no certificate in it$/m);
    assert.match(refusal("{ key: ours.key }"), /tls\.key: expected cert and key together, got key/);
    assert.match(refusal("{ cert: ours.pem, key: ours.pem }"), /there is no key in it$/);
  });

  it("reads no file beyond the limit, and shows nothing of what a file holds", () => {
    assert.match(refusal("{ ca: large.pem }"), /: it has 1048577 bytes, at most 1048576 are read$/);
    assert.ok(!refusal("{ cert: other.key, key: other.key }").includes(OTHER.key.slice(40, 60)));
  });
});
