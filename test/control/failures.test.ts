// How often it is told that PostgreSQL refuses what it is asked again and again.

import assert from "node:assert/strict";
import { test } from "node:test";
import { parsePostgres } from "../../src/base/config/postgres.ts";
import { Failures } from "../../src/control/store/cluster/failures.ts";
import { StoreError } from "../../src/control/store/store.ts";

function failures() {
  const address = parsePostgres("postgres://sluice@db.example/sluice");
  assert.ok(address !== null);
  const [told, lost]: [string[], string[]] = [[], []];
  const asked = new Failures({
    address,
    onLost: ({ message }) => lost.push(message),
    onRefused: (error) => told.push(String(error)),
  });
  const ask = async (question: string, failure: Error | null): Promise<void> => {
    const work = failure === null ? Promise.resolve() : Promise.reject(failure);
    await asked.of(question, work).catch((thrown) => assert.equal(thrown, failure));
  };
  return { ask, told, lost };
}

const [DISK, TABLE] = [new Error("no room"), new Error("no table")];

test("a question that fails again and again is told of once, and of each new reason", async () => {
  const { ask, told } = failures();
  for (const failure of [DISK, DISK, TABLE, TABLE]) await ask("counts", failure);
  assert.deepEqual(told, ["Error: no room", "Error: no table"]);
});

test("a failure that comes back after an answer is told of again", async () => {
  const { ask, told } = failures();
  for (const failure of [DISK, DISK, null, DISK, DISK]) await ask("counts", failure);
  assert.deepEqual(told, ["Error: no room", "Error: no room"]);
});

test("an answer to another question does not make it news", async () => {
  const { ask, told } = failures();
  for (let i = 0; i < 3; i++) {
    await ask("counts", DISK);
    await ask("uses", null);
  }
  assert.deepEqual(told, ["Error: no room"]);
});

test("that the server is gone is told to whoever says it, and that none is free to nobody", async () => {
  const { ask, told, lost } = failures();
  await ask("counts", new StoreError("busy", "none is free"));
  await ask("counts", new StoreError("unreachable", "gone"));
  assert.deepEqual([told, lost], [[], ["gone"]]);
});
