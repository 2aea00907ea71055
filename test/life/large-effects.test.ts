// Large things that scripts make, in both lanes: many that one promise wakes come out whole, and
// one that is too large fails its own request alone.

import assert from "node:assert/strict";
import { test } from "node:test";
import { BODY_BYTES_MAX } from "../../src/wire/records.ts";
import { httpOrigin } from "./http-origin.ts";
import { oneTenant, TestProxy } from "./proxy.ts";

const SCRIPT = `import { definePhases } from "sluice";
let open;
let waiting = 0;
const gate = new Promise((resolve) => { open = resolve; });
const large = new Uint8Array(8 * 2 ** 20);
export default definePhases({
  async requestFilter({ request }) {
    if (request.target === "/length") {
      const { length, buffer } = await request.bytes();
      return new Response(length + " " + buffer.byteLength);
    }
    const number = Number(request.target.slice(1));
    if (Number.isNaN(number)) return;
    if (++waiting === 12) open();
    await gate;
    large.fill(65 + number);
    return new Response(large);
  },
  responseBodyFilter: ({ request }) =>
    request.target === "/too-large" ? new Uint8Array(2 ** 25 + 1) : undefined,
});`;

for (const isolation of ["inline", "process"]) {
  test(`large answers come out whole, what is too large fails alone (${isolation})`, async () => {
    await using origin = await httpOrigin((_, response) => response.end("as it was"));
    const limits = { hookMs: 10_000, memoryMiB: 512, bufferedBodyBytes: BODY_BYTES_MAX };
    const settings = { script: "main.ts", isolation, egress: ["127.0.0.1"], limits };
    await using proxy = await TestProxy.start({
      files: { "main.ts": SCRIPT },
      config: oneTenant({ main: [origin.address] }, settings),
    });
    const answers = Array.from({ length: 12 }, async (_, number) => {
      const body = Buffer.from(await (await fetch(`${proxy.url}/${number}`)).arrayBuffer());
      assert.equal(body.length, 8 * 2 ** 20);
      assert.ok(body.equals(Buffer.alloc(body.length, 65 + number)), `${number}`);
    });
    await Promise.all(answers);

    const body = Buffer.alloc(BODY_BYTES_MAX, "a");
    const lengths = ["abc", body, "de"].map(async (sent) => {
      const response = await fetch(`${proxy.url}/length`, { method: "POST", body: sent });
      assert.equal(await response.text(), `${sent.length} ${sent.length}`);
    });
    await Promise.all(lengths);

    const refused = await fetch(`${proxy.url}/too-large`);
    const { code } = JSON.parse(await refused.text());
    assert.deepEqual([refused.status, code], [500, "script_result"]);
    const passed = await fetch(`${proxy.url}/passes`);
    assert.equal(await passed.text(), "as it was");
    await proxy.waitFor((line) => line.code === "script_result");
    const told = proxy.lines.filter((line) => line.code === "script_result");
    assert.equal(told.length, 1);
    assert.match(
      `${told[0]?.msg}`,
      /responseBodyFilter: expected a body of at most 33554432 bytes/,
    );
    assert.deepEqual(
      proxy.lines.filter((line) => `${line.msg}`.includes("ended")),
      [],
    );
  });
}
