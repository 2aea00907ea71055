// Limits of a script that its requests can pass: the error that names each, for that request alone.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { oneTenant, TestProxy } from "./proxy.ts";
import { exchange } from "./raw-client.ts";
import { answering, ok, RawOrigin } from "./raw-origin.ts";

const SCRIPT = `
import { counter, definePhases, log } from "sluice";
counter("first");
const pause = () => new Promise((resolve) => setTimeout(resolve, 0));
const spin = () => { for (let i = 0; i < 1e8; i++) Math.imul(i, i); };
const DEEDS = {
  nothing() {},
  async spin() { for (;;) { spin(); await pause(); } },
  async caught() { for (;;) { try { spin(); await pause(); } catch {} } },
  ctx(ctx) { ctx.text = "x".repeat(200); },
  lines() { for (let i = 0; i < 20; i++) log.info("line " + i); },
  bytes() { for (let i = 0; i < 4; i++) log.info("y".repeat(300)); },
  async calls() { for (let i = 0; i < 30; i++) await pause(); },
  async atOnce() { await Promise.all(Array.from({ length: 10 }, pause)); },
  counters() { for (let i = 0; i < 5; i++) counter("more-" + i).incr(); },
};
export default definePhases({
  async requestFilter({ request }, ctx) {
    await DEEDS[request.headers.get("deed")](ctx);
  },
  responseFilter({ request }) {
    const deed = request.headers.get("later");
    if (deed !== null) return DEEDS[deed]({});
  },
});
`;

const LIMITS = {
  hookMs: 2_000,
  requestCpuMs: 400,
  ctxBytes: 100,
  logLines: 10,
  logBytes: 1_000,
  hostCalls: 20,
  hostCallsAtOnce: 5,
  counters: 3,
};

const origin = await RawOrigin.start(answering(ok("fine")));
after(() => origin[Symbol.asyncDispose]());

/** One proxy whose tenant has these limits. */
class Limited implements AsyncDisposable {
  readonly proxy: TestProxy;
  answered = 0;

  constructor(proxy: TestProxy) {
    this.proxy = proxy;
  }

  static async start(isolation: string): Promise<Limited> {
    const tenant = { script: "main.ts", limits: LIMITS, isolation };
    const config = oneTenant({ main: [origin.address] }, tenant);
    return new Limited(await TestProxy.start({ files: { "main.ts": SCRIPT }, config }));
  }

  /** Code of the answer; `fine` if there was no error. */
  async codeOf(deed: string, later = ""): Promise<unknown> {
    this.answered++;
    const more = later === "" ? "" : `Later: ${later}\r\n`;
    const head = `GET / HTTP/1.1\r\nHost: a\r\nDeed: ${deed}\r\n${more}\r\n`;
    const { status, body } = await exchange(this.proxy.port, head);
    return status === 200 ? body : JSON.parse(body).code;
  }

  /** What the script has logged since `from`, when all that was answered is in the log. */
  async lines(from = 0): Promise<string[]> {
    await this.proxy.waitFor(() => this.proxy.requests().length === this.answered);
    return this.proxy.scriptLines().slice(from);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.proxy[Symbol.asyncDispose]();
  }
}

const REFUSED = [
  ["spin", "script_timeout", /the request has had \d+ ms of at most 400 \(limits\.requestCpuMs\)/],
  ["caught", "script_timeout", /of at most 400 \(limits\.requestCpuMs\)/],
  ["ctx", "script_ctx", /ctx has 211 characters as JSON, of at most 100 \(limits\.ctxBytes\)/],
  ["calls", "script_error", /too many host calls: at most 20 \(limits\.hostCalls\)/],
  ["atOnce", "script_error", /host calls at once: at most 5 \(limits\.hostCallsAtOnce\)/],
  ["counters", "script_error", /has as many as it may have, 3 \(limits\.counters\)/],
] as const;

const CUT = [
  ["lines", /^line \d$/, 10, "more than 10 log lines (limits.logLines) in one request"],
  ["bytes", /^y+$/, 3, "more than 1000 bytes of log (limits.logBytes) in one request"],
] as const;

for (const isolation of ["inline", "process"]) {
  describe(`${isolation} isolation`, () => {
    let limited: Limited;
    before(async () => {
      limited = await Limited.start(isolation);
    });
    after(() => limited[Symbol.asyncDispose]());

    for (const [deed, code, message] of REFUSED) {
      test(`a request of too much "${deed}" fails with ${code}, the next one does not`, async () => {
        assert.equal(await limited.codeOf(deed), code);
        await limited.proxy.waitFor(({ msg }) => message.test(msg ?? ""));
        assert.equal(await limited.codeOf("nothing"), "fine");
      });
    }

    for (const [deed, line, count, notice] of CUT) {
      test(`of too many log ${deed} the rest is dropped, which is said once`, async () => {
        const { length } = await limited.lines();
        assert.equal(await limited.codeOf(deed), "fine");
        const said = await limited.lines(length);
        assert.equal(said.filter((text) => line.test(text)).length, count);
        assert.equal(said.filter((text) => text.startsWith(notice)).length, 1);
      });
    }

    test("all hooks of a request share its limits", async () => {
      const { length } = await limited.lines();
      assert.equal(await limited.codeOf("lines", "lines"), "fine");
      const said = await limited.lines(length);
      assert.equal(said.filter((text) => /^line \d+$/.test(text)).length, 10);
    });
  });
}

test("a script that takes too long to start is not served, and the limit is named", async () => {
  await assert.rejects(
    TestProxy.start({
      files: { "main.ts": `${SCRIPT}\nfor (;;);` },
      config: oneTenant(
        { main: [origin.address] },
        { script: "main.ts", limits: { startupMs: 50 } },
      ),
    }),
    /its top level took over 50 ms \(limits\.startupMs\)/,
  );
});

test("a bundle that is too large is not served, and the limit is named", async () => {
  const large = `export default { requestFilter: () => new Response("${"x".repeat(1_024)}") };`;
  await assert.rejects(
    TestProxy.start({
      files: { "main.ts": large },
      config: oneTenant(
        { main: [origin.address] },
        { script: "main.ts", limits: { bundleBytes: 1_024 } },
      ),
    }),
    /The bundle is too large: \d+ bytes of at most 1024 \(limits\.bundleBytes\)/,
  );
});
