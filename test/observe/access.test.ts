// The access line, in both formats.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { LIMITS } from "../../src/base/limits.ts";
import { type AccessFields, accessLine } from "../../src/observe/access.ts";
import { fc } from "../support/property.ts";

const FIELDS: AccessFields = {
  timeMs: Date.UTC(2026, 0, 2, 3, 4, 5, 6),
  id: "abcdefghij0123456789",
  tenant: "demo",
  deployment: 3,
  client: "192.0.2.1",
  method: "GET",
  host: "demo.example.com",
  target: "/a?b=c",
  status: 200,
  error: null,
  reason: null,
  bytesReceived: 12,
  bytesSent: 3_456,
  durationMs: 1.23456,
  upstream: "127.0.0.1:9001",
  reused: true,
  attempts: 1,
};

// What breaks a line or speaks to a terminal.
const UNPRINTABLE = /[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]/;

// Halves of surrogate pairs included: a client's bytes are no proper text.
const CODE = fc.oneof(fc.nat(0xff), fc.nat(0xffff));
const ANY_TEXT = fc.array(CODE, { maxLength: 40 }).map((codes) => String.fromCharCode(...codes));

describe("accessLine as JSON", () => {
  it("has every field, and the time in ISO 8601", () => {
    const { timeMs, durationMs, ...rest } = FIELDS;
    assert.deepEqual(JSON.parse(accessLine("json", FIELDS)), {
      level: "info",
      time: "2026-01-02T03:04:05.006Z",
      msg: "request",
      ...rest,
      durationMs: 1.235,
    });
    assert.equal(timeMs + durationMs > 0, true);
  });

  it("shows null for what there was not", () => {
    const fields = { ...FIELDS, tenant: null, deployment: null, upstream: null };
    const line = JSON.parse(accessLine("json", fields));
    for (const name of ["tenant", "deployment", "upstream", "error", "reason"]) {
      assert.equal(line[name], null);
    }
  });

  it("says by its level whose business a failure is", () => {
    const levels = [null, "bad_request", "client_aborted", "suspended", "connect_refused"].map(
      (error) => JSON.parse(accessLine("json", { ...FIELDS, error })).level,
    );
    assert.deepEqual(levels, ["info", "info", "info", "warn", "error"]);
    assert.equal(
      JSON.parse(accessLine("json", { ...FIELDS, error: "script_error" })).level,
      "error",
    );
  });

  it("has each request's own time", () => {
    const times = [1, 1, 2, 1].map((timeMs) => {
      const line = JSON.parse(accessLine("json", { ...FIELDS, timeMs }));
      return Date.parse(line.time);
    });
    assert.deepEqual(times, [1, 1, 2, 1]);
  });

  it("has the millisecond that a time with a fraction lies in", () => {
    const times = [1.25, 1.999, 2, 2.5, 1.5].map((timeMs) => {
      const line = JSON.parse(accessLine("json", { ...FIELDS, timeMs }));
      return Date.parse(line.time);
    });
    assert.deepEqual(times, [1, 1, 2, 2, 1]);
  });

  it("is one line of JSON that gives back any text, with nothing for a terminal to obey", () => {
    fc.assert(
      fc.property(ANY_TEXT, ANY_TEXT, ANY_TEXT, (target, host, client) => {
        const line = accessLine("json", { ...FIELDS, target, host, client });
        assert.equal(line.at(-1), "\n");
        assert.doesNotMatch(line.slice(0, -1), UNPRINTABLE);
        const parsed = JSON.parse(line);
        assert.deepEqual(
          [parsed.target, parsed.host, parsed.client],
          [target, host, client].map((one) => one.toWellFormed()),
        );
      }),
    );
  });

  it("cuts what is too long, and says so", () => {
    const target = `/${"x".repeat(100_000)}`;
    const { target: shown } = JSON.parse(accessLine("json", { ...FIELDS, target }));
    assert.equal(shown.length, LIMITS.accessFieldChars + 1);
    assert.ok(shown.endsWith("x…"));
  });
});

describe("accessLine for people", () => {
  it("says what happened in one line", () => {
    assert.equal(
      accessLine("pretty", FIELDS, false),
      "03:04:05.006  200  GET  demo.example.com/a?b=c  1.235ms 3456B  192.0.2.1  demo  " +
        "-> 127.0.0.1:9001 reused  abcdefghij0123456789\n",
    );
  });

  it("tells the error, its reason, and how often it was tried", () => {
    const error = { error: "connect_refused", reason: "Cannot connect:\n\x1b[31mno" };
    const failed = { ...FIELDS, ...error, status: 502, attempts: 2, reused: false };
    const line = accessLine("pretty", failed, false);
    assert.match(
      line,
      / 502 .*-> 127\.0\.0\.1:9001 attempt 2 {2}connect_refused {2}Cannot connect:/,
    );
    assert.doesNotMatch(line.slice(0, -1), UNPRINTABLE);
  });

  it("frames what scripts add, so that it looks like nothing of the proxy's", () => {
    const forged = "x  502  GET  other.example/  operator.fields={}\u001b[2J\u202e";
    const fields = { plan: "gold", n: 1, "operator.plan": forged };
    const operator = { deployment: "1", hasFailed: false, fields: { plan: "inner" } };
    const line = accessLine("pretty", { ...FIELDS, fields, operator }, false);
    const [, own = "", operators = ""] =
      / fields=(\{.*\}) {2}operator\.fields=(\{.*\}) {2}\w+\n$/.exec(line) ?? [];
    assert.deepEqual(JSON.parse(own), fields);
    assert.deepEqual(JSON.parse(operators), operator.fields);
    assert.doesNotMatch(line.slice(0, -1), UNPRINTABLE);
  });

  it("is coloured only if asked to", () => {
    assert.ok(accessLine("pretty", FIELDS, true).includes("\x1b[32m200\x1b[0m"));
    assert.ok(!accessLine("pretty", FIELDS, false).includes("\x1b"));
  });

  it("is one line without control characters, whatever the request held", () => {
    fc.assert(
      fc.property(ANY_TEXT, ANY_TEXT, (target, method) => {
        const line = accessLine("pretty", { ...FIELDS, target, method }, false);
        assert.doesNotMatch(line.slice(0, -1), UNPRINTABLE);
      }),
    );
  });
});
