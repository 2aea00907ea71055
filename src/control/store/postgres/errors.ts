// PostgreSQL's errors, and those of the line to it, in the words of the store.

import { CLUSTER_LIMITS } from "../../../base/cluster-limits.ts";
import type { PostgresAddress } from "../../../base/config/postgres.ts";
import { StoreError } from "../store.ts";
import { isOfLine } from "./line-errors.ts";
import { SCHEMA } from "./schema.ts";

type Fault = "conflict" | "unavailable" | "unreachable" | "busy" | "locked";

/** Tenants' tokens may ask too: where the store is, and as whom it is used, is not for them. */
const TOLD_TO_CALLERS: ReadonlySet<Fault> = new Set(["conflict", "busy", "locked"]);

/** What it is about, and what to do. Null: a defect of ours, or a refusal of the store. */
export function toStoreError(thrown: unknown, address: PostgresAddress): StoreError | null {
  if (!(thrown instanceof Error) || thrown instanceof StoreError) return null;
  const say = (fault: Fault, text: string): StoreError => {
    const which = TOLD_TO_CALLERS.has(fault) ? "the store" : `the store ${address.shown}`;
    return new StoreError(fault, `Cannot use ${which}: ${text}`, { cause: thrown });
  };
  if (thrown instanceof NoneFree || thrown.message === POOL_IS_FULL) return say("busy", BUSY);
  if (thrown.message.startsWith(LOGIN)) {
    return say("unavailable", noLogin(address, thrown.message));
  }
  const state = stateOf(thrown);
  if (state === null) return isOfLine(thrown) ? say("unreachable", reasonOf(thrown)) : null;
  if (state.startsWith("23")) return say("conflict", thrown.message);
  if (state === LOCK_NOT_HAD) return say("locked", LOCKED);
  const known = EXPECTED[state];
  if (known !== undefined) return say("unavailable", known(address, thrown.message));
  if (UNREACHABLE.test(state)) return say("unreachable", thrown.message);
  return UNAVAILABLE.test(state) ? say("unavailable", thrown.message) : null;
}

/** The SQLSTATE of a server's answer; null: it is none. */
const stateOf = (error: Error): string | null =>
  "severity" in error && "code" in error ? String(error.code) : null;

/** The server has refused it, and is there. */
export function isRefusal(error: Error): boolean {
  const state = stateOf(error);
  return state !== null && !UNREACHABLE.test(state);
}

/** All connections that callers may use are in use: that says nothing of the server. */
export class NoneFree extends Error {}

/** The library says so where the proxy itself uses the rest: it has words for it, and no code. */
const POOL_IS_FULL = "timeout exceeded when trying to connect";
const AGAIN = "nothing changed; try again";
const FREE_S = CLUSTER_LIMITS.connectMs / 1_000;
const BUSY = `none of this proxy's connections was free within ${FREE_S} s: ${AGAIN}`;

const LOCK_NOT_HAD = "55P03";
const LOCK_S = CLUSTER_LIMITS.lockMs / 1_000;
const LOCKED = `another change has held the lock for over ${LOCK_S} s: ${AGAIN}`;

/** The library's words where it has no password, or not the one that the server knows. */
const LOGIN = "SASL: ";

/** An error of several addresses that were tried has no words of its own. */
function reasonOf(error: Error): string {
  const [first] = error instanceof AggregateError ? error.errors : [error];
  return first instanceof Error ? first.message : String(first);
}

/** By SQLSTATE: lines that break, and servers that start, stop or stand by. */
const UNREACHABLE = /^(?:08|57P0)/;
/** Too many connections, a full disk, one's own limit, a standby. */
const UNAVAILABLE = /^(?:53|57014|25006|25P0|40|58|XX)/;

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
