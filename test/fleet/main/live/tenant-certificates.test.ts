// Certificates of a tenant as workers get them.

import assert from "node:assert/strict";
import { test } from "node:test";
import { sharePem } from "../../../../src/base/certificates/shared-pem.ts";
import type { LiveCertificate } from "../../../../src/control/certificates/live-certificate.ts";
import { certificateSpecs } from "../../../../src/fleet/main/live/tenant-certificates.ts";

const certificate = (name: string, origin: "api" | "acme"): LiveCertificate => ({
  name,
  origin,
  facts: {
    ...{ names: [name], kind: "ec", subject: "", issuer: "", fingerprint: "", serial: "" },
    ...{ notBeforeMs: 0, expiresAtMs: 0 },
  },
  pem: sharePem({ cert: name, key: name }),
});

test("one that somebody has put is shown before one that was ordered", () => {
  const list = [certificate("acme-a", "acme"), certificate("own", "api")];
  assert.deepEqual(
    certificateSpecs(list).map(({ names }) => names),
    [["own"], ["acme-a"]],
  );
  assert.equal(certificateSpecs(list), certificateSpecs(list));
});
