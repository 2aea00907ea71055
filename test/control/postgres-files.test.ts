// Files of the line to PostgreSQL of which nothing can be made: a start ends with one sentence, and
// does not wait for a server that no other try would reach either.

import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { parsePostgres } from "../../src/base/config/postgres.ts";
import { openPool } from "../../src/control/store/postgres/connect.ts";
import { Authority } from "../support/authority.ts";
import { Folder } from "./store-stand.ts";

test("a key that is another certificate's, or a file that is not there, is said at once", async () => {
  await using folder = await Folder.make();
  const authority = await Authority.make();
  const names = ["sluice"];
  const [one, other] = [await authority.issue({ names }), await authority.issue({ names })];
  const [cert, key] = [join(folder.path, "cert.pem"), join(folder.path, "key.pem")];
  await writeFile(cert, one.cert);
  await writeFile(key, other.key);
  const open = async (query: string) => {
    const address = parsePostgres(`postgres://sluice@db.example/sluice?${query}`);
    assert.ok(address !== null);
    await openPool(address);
  };
  const begin = "^Cannot use the store postgres://sluice@db\\.example[^ ]*: expected sslrootcert, ";
  await assert.rejects(open(`sslmode=require&sslcert=${cert}&sslkey=${key}`), {
    fault: "unavailable",
    message: new RegExp(`${begin}and sslcert with its sslkey, got: .*key values mismatch`),
  });
  await assert.rejects(open(`sslmode=verify-full&sslrootcert=${folder.path}/none.pem`), {
    fault: "unavailable",
    message: new RegExp(`${begin}.*ENOENT.*none\\.pem`),
  });
});
