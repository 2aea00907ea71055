// Which errors say that PostgreSQL cannot be reached, and which say nothing of it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { DatabaseError } from "pg";
import { parsePostgres } from "../../src/base/config/postgres.ts";
import { NoneFree, toStoreError } from "../../src/control/store/postgres/errors.ts";

const address = parsePostgres("postgres://sluice@db.example/sluice");

const coded = (code: string, more: object = {}): Error =>
  Object.assign(new Error(`it says ${code}`), { code, ...more });

function said(code: string): Error {
  const error = new DatabaseError(`it says ${code}`, 1, "error");
  return Object.assign(error, { code, severity: "ERROR" });
}

const faultOf = (thrown: unknown): string | null => {
  assert.ok(address !== null);
  return toStoreError(thrown, address)?.fault ?? null;
};

test("a line that breaks, and a server that starts or stops, cannot be reached", () => {
  const system = ["ECONNREFUSED", "ECONNRESET", "EPIPE", "ETIMEDOUT", "EHOSTUNREACH"];
  const names = ["ENOTFOUND", "EAI_AGAIN"];
  const tls = ["DEPTH_ZERO_SELF_SIGNED_CERT", "ERR_TLS_CERT_ALTNAME_INVALID", "CERT_HAS_EXPIRED"];
  for (const code of [...system, ...names, ...tls]) {
    assert.equal(faultOf(coded(code)), "unreachable", code);
  }
  assert.equal(faultOf(coded("EMFILE", { syscall: "connect" })), "unreachable");
  const both = new AggregateError([coded("ECONNREFUSED"), coded("ECONNREFUSED")]);
  assert.equal(faultOf(both), "unreachable");
  for (const state of ["57P01", "57P02", "57P03", "08006", "08P01"]) {
    assert.equal(faultOf(said(state)), "unreachable", state);
  }
});

test("a refusal of the server's has its own name, and a defect of ours none", () => {
  const full = { 53300: "unavailable", 57014: "unavailable" };
  const refusals = { 23505: "conflict", "55P03": "locked", ...full };
  for (const [state, fault] of Object.entries(refusals)) assert.equal(faultOf(said(state)), fault);
  assert.equal(faultOf(said("22P02")), null, "data that it does not take");
  assert.equal(faultOf(new Error("a defect")), null);
  assert.equal(faultOf(new TypeError("cannot read properties of undefined")), null);
  for (const code of ["ERR_INVALID_ARG_TYPE", "ERR_SQLITE_ERROR", "ENOSPC"]) {
    assert.equal(faultOf(coded(code)), null, code);
  }
});

test("a change that waited for the lock in vain says who has it, and what to do", () => {
  assert.ok(address !== null);
  const text = "another change has held the lock for over 5 s: nothing changed; try again";
  assert.equal(toStoreError(said("55P03"), address)?.message, `Cannot use the store: ${text}`);
});

test("what callers of any tenant are told does not say where the store is", () => {
  assert.ok(address !== null);
  for (const thrown of [said("23505"), said("55P03"), new NoneFree()]) {
    const { message = "" } = toStoreError(thrown, address) ?? {};
    assert.match(message, /^Cannot use the store: /);
    assert.doesNotMatch(message, /db\.example|sluice/);
  }
  // the log does
  assert.ok(toStoreError(said("53300"), address)?.message.includes(address.shown));
});

test("a password that is missing is asked for", () => {
  const missing = new Error("SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string");
  assert.ok(address !== null);
  const error = toStoreError(missing, address);
  assert.equal(error?.fault, "unavailable");
  assert.match(error?.message ?? "", /expected that sluice may log in.*\$PGPASSWORD/);
});
