// The certificates of listeners: what is wrong with them is found when the file is read.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { parseConfig } from "../../../src/base/config/load.ts";
import { formatProblem } from "../../../src/base/config/problems.ts";
import { makeCertificate, makeCertificateOn } from "../../support/certificates.ts";

const folder = mkdtempSync(join(tmpdir(), "sluice-listener-tls-"));
after(() => rmSync(folder, { recursive: true }));
const [one, two, koblitz, brainpool, large] = await Promise.all([
  makeCertificate("DNS:a.test"),
  makeCertificate("DNS:b.test"),
  makeCertificateOn("secp256k1", "DNS:a.test"),
  makeCertificateOn("brainpoolP256r1", "DNS:a.test"),
  makeCertificateOn("P-521", "DNS:a.test"),
]);
const FILES: Readonly<Record<string, string>> = {
  "one.pem": one.cert,
  "one.key": one.key,
  "two.key": two.key,
  "reversed.pem": two.cert + one.cert,
  "none.pem": "nothing\n",
  "koblitz.pem": koblitz.cert + koblitz.key,
  "brainpool.pem": brainpool.cert + brainpool.key,
  "large.pem": large.cert + large.key,
};
for (const [name, text] of Object.entries(FILES)) writeFileSync(join(folder, name), text);

const parse = (tls: string) =>
  parseConfig(
    `listeners: [{ address: "127.0.0.1:8443", tls: ${tls} }]\n`,
    join(folder, "sluice.yaml"),
  );

function problems(tls: string): string {
  const result = parse(tls);
  return "problems" in result ? result.problems.map(formatProblem).join("\n") : "";
}

const pair = (cert: string, key: string, more = ""): string =>
  `{ certificates: [{ cert: ${cert}, key: ${key} }]${more} }`;

describe("the TLS of a listener", () => {
  it("has its certificates as text, so that workers never touch the disk", () => {
    const result = parse(pair("one.pem", "one.key"));
    const files = { cert: join(folder, "one.pem"), key: join(folder, "one.key") };
    assert.deepEqual("config" in result && result.config.listeners[0]?.tls, {
      certificates: [{ cert: one.cert, key: one.key, files }],
      minVersion: "TLSv1.2",
    });
  });

  it("may be on each of the curves that TLS 1.3 has", () => {
    assert.equal(problems(pair("large.pem", "large.pem")), "");
  });

  const MISTAKES: Readonly<Record<string, readonly [string, RegExp]>> = {
    "a file that is not there": [pair("no.pem", "one.key"), /\.cert: expected .*there is none at/],
    "a file without a certificate": [pair("none.pem", "one.key"), /there is no certificate in it/],
    "a key of another certificate": [pair("one.pem", "two.key"), /belongs to another certificate/],
    "a chain in the wrong order": [
      pair("reversed.pem", "one.key"),
      /\.key: .*it belongs to certificate 2 of the file, and its own must come first/,
    ],
    "a curve that no client knows": [
      pair("koblitz.pem", "koblitz.pem"),
      /\.cert: expected a certificate that clients know, .* its key is on the curve secp256k1, /,
    ],
    "a curve that few clients know": [
      pair("brainpool.pem", "brainpool.pem"),
      /brainpoolP256r1, and not on P-256, P-384 or P-521$/,
    ],
    "a certificate without a key": ["{ certificates: [{ cert: one.pem }] }", /key/],
    "no certificate at all": [
      "{ certificates: [] }",
      /expected at least one entry, or acme to order/,
    ],
    "an old version": [pair("one.pem", "one.key", ", minVersion: TLSv1.1"), /TLSv1\.2/],
  };
  for (const [title, [tls, expected]] of Object.entries(MISTAKES)) {
    it(`is refused for ${title}`, () => assert.match(problems(tls), expected));
  }
});
