// scripts/trace-context.ts: which trace a request belongs to, at the upstream and in the log.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Stand } from "./stand.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const SPAN = "00f067aa0ba902b7";

let stand: Stand;
before(async () => {
  stand = await Stand.start({ script: "trace-context.ts", upstreams: { main: null } });
});
after(async () => await stand[Symbol.asyncDispose]());

const asked = async (headers: Record<string, string>) => {
  await stand.ask("/", { headers });
  return stand.seen.at(-1)?.headers ?? {};
};

test("a trace goes on with a span of its own, and its flags", async () => {
  const given = { traceparent: `00-${TRACE}-${SPAN}-01`, tracestate: "vendor=x" };
  const { traceparent, tracestate } = await asked(given);
  assert.match(`${traceparent}`, new RegExp(`^00-${TRACE}-[0-9a-f]{16}-01$`));
  assert.ok(!`${traceparent}`.includes(SPAN));
  assert.equal(tracestate, "vendor=x");
});

for (const [what, given] of Object.entries({
  "no traceparent": {},
  "a malformed one": { traceparent: `00-${TRACE.toUpperCase()}-${SPAN}-01` },
  "a trace id of zeros": { traceparent: `00-${"0".repeat(32)}-${SPAN}-01` },
})) {
  test(`${what} begins a trace, without anybody's tracestate`, async () => {
    const { traceparent, tracestate } = await asked({ ...given, tracestate: "vendor=x" });
    assert.match(`${traceparent}`, /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-00$/);
    assert.equal(tracestate, undefined);
  });
}

test("requests have traces of their own, and the log ties them to their ids", async () => {
  const [one, two] = [await asked({}), await asked({})];
  const ids = [one, two].map(({ traceparent }) => `${traceparent}`.slice(3, 35));
  assert.notEqual(ids[0], ids[1]);
  const expected = `trace ${ids[1]} request ${two["x-request-id"]} status 200`;
  await stand.proxy.waitFor((line) => line.msg === expected);
});
