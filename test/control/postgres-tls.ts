// The line to PostgreSQL, encrypted: whom each `sslmode` believes, tried against a server with a
// certificate.

import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { it } from "node:test";
import { parsePostgres } from "../../src/base/config/postgres.ts";
import { openPostgres } from "../../src/control/store/postgres/open-postgres.ts";
import { SecretKeys } from "../../src/control/store/secret-keys.ts";
import { Authority } from "../support/authority.ts";
import type { Postgres } from "../support/postgres.ts";
import { add, Folder, KEY } from "./store-stand.ts";

/** @param make  a database with tables; results in its name */
export function itIsEncrypted(server: Postgres | null, make: () => Promise<string>): void {
  it("is reached by TLS, and believed as sslmode says", async () => {
    if (server === null) throw new TypeError("expected a PostgreSQL");
    await using folder = await Folder.make();
    const [authority, stranger] = [await Authority.make(), await Authority.make("a stranger")];
    const database = await make();
    const file = async (name: string, text: string): Promise<string> => {
      await writeFile(join(folder.path, name), text);
      return join(folder.path, name);
    };
    const ca = await file("ca.pem", authority.cert);
    const other = await file("other.pem", stranger.cert);
    const open = async (host: string, query: string): Promise<string> => {
      const url = server.url(database).replace("127.0.0.1", host);
      const address = parsePostgres(`${url}?${query}`);
      assert.ok(address !== null);
      const keys = SecretKeys.parse(KEY, "the test");
      const store = await openPostgres({ address, keys });
      const version = await add(store);
      const sql = "SELECT count(*) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)";
      const where = `WHERE ssl AND datname = '${database}' AND application_name = 'sluice'`;
      const encrypted = await server.sql("postgres", `${sql} ${where}`);
      await store.close();
      return `${version} ${encrypted}`;
    };
    const refused = (message: RegExp) => ({ fault: "unreachable", message });

    assert.equal(await open("127.0.0.1", ""), "1 0", "on this machine nobody asks for it");
    await assert.rejects(open("127.0.0.1", "sslmode=require"), refused(/does not support SSL/));
    await server.serveTls(await authority.issue({ names: ["localhost"] }));
    const full = "sslmode=verify-full&sslrootcert=";
    assert.equal(await open("localhost", `${full}${ca}`), "2 1");
    await assert.rejects(open("127.0.0.1", `${full}${ca}`), refused(/does not match/));
    await assert.rejects(open("localhost", `${full}${other}`), refused(/certificate/));
    await assert.rejects(open("localhost", "sslmode=verify-full"), refused(/certificate/));
    assert.equal(await open("127.0.0.1", `sslmode=verify-ca&sslrootcert=${ca}`), "3 1");
    await assert.rejects(
      open("127.0.0.1", `sslmode=verify-ca&sslrootcert=${other}`),
      refused(/certificate/),
    );
    assert.equal(await open("127.0.0.1", "sslmode=require"), "4 1");
    await server.serveTls(await authority.issue({ names: ["127.0.0.1"] }));
    assert.equal(await open("127.0.0.1", `${full}${ca}`), "5 1");
  });
}
