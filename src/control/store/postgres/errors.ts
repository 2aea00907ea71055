// PostgreSQL's errors, and those of the line to it, in the words of the store.

import type { PostgresAddress } from "../../../base/config/postgres.ts";
import { StoreError } from "../store.ts";
import { SCHEMA } from "./schema.ts";

/** What it is about, and what to do. Null: a defect of ours, or a refusal of the store. */
export function toStoreError(thrown: unknown, address: PostgresAddress): StoreError | null {
  if (!(thrown instanceof Error) || thrown instanceof StoreError) return null;
  const code = "code" in thrown && typeof thrown.code === "string" ? thrown.code : "";
  const say = (fault: "conflict" | "unavailable" | "unreachable", text: string): StoreError =>
    new StoreError(fault, `Cannot use the store ${address.shown}: ${text}`, { cause: thrown });
  if (code.startsWith("23")) return say("conflict", thrown.message);
  const known = EXPECTED[code];
  if (known !== undefined) return say("unavailable", known(address, thrown.message));
  if (UNREACHABLE.test(code) || code === "" || !/^[0-9A-Z]{5}$/.test(code)) {
    return say("unreachable", reasonOf(thrown));
  }
  return UNAVAILABLE.test(code) ? say("unavailable", thrown.message) : null;
}

/** An error of several addresses that were tried has no words of its own. */
function reasonOf(error: Error): string {
  const [first] = error instanceof AggregateError ? error.errors : [error];
  return first instanceof Error ? first.message : String(first);
}

/** By SQLSTATE: lines that break, and servers that start, stop or stand by. */
const UNREACHABLE = /^(?:08|57P0)/;
/** Too many connections, a full disk, a lock that others hold, one's own limit, a standby. */
const UNAVAILABLE = /^(?:53|55P03|57014|25006|25P0|40|58|XX)/;

type Say = (address: PostgresAddress, message: string) => string;

const noTables: Say = ({ user }) =>
  `expected the schema ${SCHEMA} with tables, got none that ${user} may use; run: ` +
  `sluice store migrate, or as their owner: sluice store migrate URL --grant ${user}`;
const noLogin: Say = ({ user }, message) =>
  `expected that ${user} may log in, got: ${message}; the password is in the URL or in $PGPASSWORD`;

const EXPECTED: Readonly<Record<string, Say>> = {
  "28P01": noLogin,
  "28000": noLogin,
  "3D000": ({ database, user }) =>
    `expected a database ${database}, got none; its owner makes it: ` +
    `CREATE DATABASE "${database}" OWNER "${user}"`,
  "3F000": noTables,
  "42P01": noTables,
  "42501": ({ user }, message) =>
    `expected that ${user} may read and write its tables, got: ${message}; who made them runs: ` +
    `sluice store migrate URL --grant ${user}`,
};
