// What the library says of a line to PostgreSQL that breaks, and of connections that are all in
// use, has words and no code. Here the library itself says it: one that has other words is noticed.

import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { Client, type ClientConfig, Pool, type PoolClient } from "pg";
import type { PostgresAddress } from "../../src/base/config/postgres.ts";
import { clientConfig } from "../../src/control/store/postgres/connect.ts";
import { toStoreError } from "../../src/control/store/postgres/errors.ts";
import { GOES_ON, LETS_IN, OUT_OF_TURN, Says, WANTS_PASSWORD } from "../support/saying-server.ts";

/** What the library throws, in the words of the store. */
async function faultOf(work: Promise<unknown>, address: PostgresAddress): Promise<unknown> {
  try {
    await work;
  } catch (thrown) {
    return toStoreError(thrown, address)?.fault ?? thrown;
  }
  return "nothing was thrown";
}

/** Shorter than a test has patience for, and never met where there is an answer. */
const SHORT: ClientConfig = { connectionTimeoutMillis: 200, query_timeout: 200 };
const ignore = (): void => {};

/** One that is let in, however slow the machine. @param more  than is usual here */
async function connected(address: PostgresAddress, more: ClientConfig = {}): Promise<Client> {
  const client = new Client({ ...clientConfig(address), connectionTimeoutMillis: 60_000, ...more });
  client.on("error", ignore);
  await client.connect();
  return client;
}

/** On a busy machine it may be let in too late, and is again. */
async function lentBy(pool: Pool): Promise<PoolClient> {
  for (;;) {
    const lent = await pool.connect().catch(() => null);
    if (lent !== null) return lent;
  }
}

test("who finds all connections in use is busy, and no server is lost", async () => {
  await using server = await Says.start(LETS_IN);
  const address = server.address();
  const pool = new Pool({ ...clientConfig(address), connectionTimeoutMillis: 500, max: 1 });
  const client = await lentBy(pool);
  assert.equal(await faultOf(pool.connect(), address), "busy");
  client.release(true);
  await pool.end();
});

test("a server that does not answer is lost", async () => {
  await using silent = await Says.start();
  await using server = await Says.start(LETS_IN);
  const address = silent.address();
  const pool = new Pool({ ...clientConfig(address), ...SHORT });
  assert.equal(await faultOf(pool.connect(), address), "unreachable", "by a pool");
  await pool.end();
  const client = new Client({ ...clientConfig(address), ...SHORT });
  client.on("error", ignore);
  assert.equal(await faultOf(client.connect(), address), "unreachable", "by itself");
  const asking = await connected(server.address(), { query_timeout: 200 });
  assert.equal(await faultOf(asking.query("SELECT 1"), address), "unreachable", "to a question");
});

test("a line that is cut is lost, and so is what is asked there afterwards", async () => {
  await using server = await Says.start(LETS_IN);
  const address = server.address();
  const client = await connected(address);
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  client.on("end", resolve);
  const asked = faultOf(client.query("SELECT 1"), address);
  server.cut();
  assert.equal(await asked, "unreachable", "in the middle of a question");
  await ended;
  assert.equal(await faultOf(client.query("SELECT 1"), address), "unreachable", "afterwards");
});

test("a line that was closed here is as good as lost", async () => {
  await using server = await Says.start(LETS_IN);
  const address = server.address();
  const client = await connected(address);
  const asked = faultOf(client.query("SELECT 1"), address);
  const closed = client.end();
  assert.equal(await faultOf(client.query("SELECT 1"), address), "unreachable", "afterwards");
  server.cut();
  assert.equal(await asked, "unreachable", "in the middle of a question");
  await closed;
  const pool = new Pool(clientConfig(address));
  await pool.end();
  assert.equal(await faultOf(pool.connect(), address), "unreachable", "of a pool that is closed");
});

test("a server that does not encrypt, or speaks out of turn, is lost", async () => {
  for (const said of ["N", "E"]) {
    await using server = await Says.start(Buffer.from(said));
    const address = server.address("?sslmode=require");
    assert.equal(await faultOf(connected(address), address), "unreachable", said);
  }
  await using server = await Says.start(LETS_IN);
  const address = server.address();
  const client = await connected(address);
  const failed = once(client, "error");
  server.say(OUT_OF_TURN);
  const [error] = await failed;
  assert.equal(await faultOf(Promise.reject(error), address), "unreachable");
});

test("a password that is not there is asked for", async () => {
  await using server = await Says.start(WANTS_PASSWORD, GOES_ON);
  const address = server.address();
  assert.equal(await faultOf(connected(address), address), "unavailable");
});
