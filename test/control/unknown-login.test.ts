// A server that wants a login which the library does not know, and at whose word it throws in a
// handler of the socket: that is the end of the line, and not of the process.

import assert from "node:assert/strict";
import { test } from "node:test";
import { openPool } from "../../src/control/store/postgres/connect.ts";
import { toStoreError } from "../../src/control/store/postgres/errors.ts";
import { makeCertificate } from "../support/certificates.ts";
import { Says, WANTS_UNKNOWN } from "../support/saying-server.ts";

async function isLost(server: Says, parameters = ""): Promise<void> {
  const address = server.address(parameters);
  const pool = await openPool(address);
  const expected = { message: /^Unknown authenticationOk message type 7$/ };
  await assert.rejects(pool.connect(), (thrown) => {
    assert.equal(toStoreError(thrown, address)?.fault, "unreachable");
    assert.match(String(Object(thrown).message), expected.message);
    return true;
  });
  await pool.end();
}

test("a server that wants an unknown login is lost, in the clear and encrypted", async () => {
  await using plain = await Says.start(WANTS_UNKNOWN);
  await isLost(plain);
  const certificate = await makeCertificate("IP:127.0.0.1");
  await using encrypted = await Says.encrypted(certificate, WANTS_UNKNOWN);
  await isLost(encrypted, "?sslmode=require");
});
