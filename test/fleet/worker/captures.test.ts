// What a worker captures is bounded, and only what a rule still wants leaves it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { CAPTURE_LIMITS } from "../../../src/base/capture-limits.ts";
import { SluiceError } from "../../../src/base/errors.ts";
import type { ServeContext } from "../../../src/downstream/serve-context.ts";
import { Captures } from "../../../src/fleet/worker/captures.ts";
import { CODEC_LIMITS } from "../../../src/http1/limits.ts";
import { parseRequestHead } from "../../../src/http1/request.ts";
import type { CaptureRecord } from "../../../src/observe/capture/record.ts";
import type { CaptureNews, CaptureOrder } from "../../../src/observe/capture/rule.ts";
import { Exchange } from "../../../src/phases/exchange.ts";
import { NO_SERVICES } from "../../support/services.ts";

const ORDER: CaptureOrder = {
  ...{ rule: "r", tenant: "t", path: "/cart", methods: ["GET"], statuses: ["error"] },
  redacting: { key: new Uint8Array(32), names: ["x-mine"], keepsLogins: false },
};
const HEADERS = "Host: a\r\nCookie: a=1\r\nX-Mine: m\r\nX-Other: o\r\n";
const head = (target: string) =>
  parseRequestHead(`GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`, CODEC_LIMITS);

const exchange = (error: SluiceError | null): Exchange => {
  const made = new Exchange({
    ...{ id: "id", startMs: 1, version: "1.1", states: null, meter: null, outer: null },
    ...{ client: { address: "192.0.2.1", port: 1, tlsText: "" }, host: "a", authority: "a" },
    ...{ ...NO_SERVICES, tenant: "t", mayHaveTrailers: false, deployment: null },
    ...{ method: "GET", target: "/cart", headers: HEADERS },
  });
  made.error = error;
  return made;
};

const CONTEXT: ServeContext = {
  ...{ route: () => null, around: [], transport: NO_SERVICES.transport, bodyBytesMax: 1 },
  ...{ bodyIdleMs: 1, logged: () => {}, refused: () => {} },
};

function stand() {
  const told: CaptureNews[] = [];
  const clock = { ms: 0 };
  const captures = new Captures(
    (news) => told.push(news),
    () => clock.ms,
  );
  captures.obey([ORDER]);
  /** False: it was not begun. */
  const run = (error: SluiceError | null, target = "/cart", tenant = "t"): boolean => {
    const capture = captures.captureOf({ id: tenant }, head(target));
    const of = exchange(error);
    capture?.around(CONTEXT, of).logged(of);
    return capture !== null;
  };
  return { captures, told, clock, run };
}

const FAILED = new SluiceError("script_error");

test("a request leaves the worker if its rule wants it and how it ended", () => {
  const { run, told, captures } = stand();
  assert.deepEqual([run(FAILED), run(null)], [true, true]);
  assert.deepEqual([run(FAILED, "/other"), run(FAILED, "/cart", "another")], [false, false]);
  assert.equal(told.length, 1);
  captures.obey([]);
  assert.equal(run(FAILED), false);
});

test("a request that ends when its rule is gone leaves nothing", () => {
  const { captures, told } = stand();
  const of = exchange(FAILED);
  const context = captures.captureOf({ id: "t" }, head("/cart"))?.around(CONTEXT, of);
  captures.obey([]);
  context?.logged(of);
  assert.deepEqual(told, []);
});

test("logins and what the rule names are hashed before they leave", () => {
  const { run, told } = stand();
  run(FAILED);
  const record: CaptureRecord = JSON.parse(told[0]?.text ?? "");
  assert.match(record.request.headers, /^Host: a\r\nCookie: redacted-\w{16}\r\nX-Mine: redacted-/);
  assert.match(record.request.headers, /X-Other: o\r\n/);
  assert.deepEqual(record.redacted, ["cookie", "x-mine"]);
});

test("a flood of requests begins as many records a second as a few do", () => {
  const { run, clock } = stand();
  const begun = () => Array.from({ length: 500 }, () => run(null)).filter(Boolean).length;
  assert.equal(begun(), CAPTURE_LIMITS.perSecond);
  clock.ms += 1_000;
  assert.equal(begun(), CAPTURE_LIMITS.perSecond);
});

test("no more are under way than may be, until one has ended", () => {
  const { captures, clock } = stand();
  const begin = () => {
    clock.ms += 1_000;
    return captures.captureOf({ id: "t" }, head("/cart"));
  };
  const [first] = Array.from({ length: CAPTURE_LIMITS.underWay }, begin);
  assert.equal(begin(), null);
  const of = exchange(null);
  first?.around(CONTEXT, of).logged(of);
  assert.notEqual(begin(), null);
});
