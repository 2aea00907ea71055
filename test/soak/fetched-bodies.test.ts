// A gigabyte that a script has fetched and returned, with its isolate killed half way; and bodies
// that go through the isolate, down and up, piece by piece: every byte arrives, and the proxy holds
// little of it.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { get, type IncomingMessage, request } from "node:http";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { FetchStand, LANES } from "../life/fetch-stand.ts";
import { httpOrigin } from "../life/http-origin.ts";
import { residentMiB } from "../support/resident.ts";

const MIB = 2 ** 20;
/** A prime number of bytes, so that no chunk of a transport falls on a boundary of the pattern. */
const PIECE = Buffer.from(Array.from({ length: 65_521 }, (_, i) => (i * i) % 251));
/** Resident memory after the first sixteenth, when heaps and pools have grown up, to the last. */
const GROWTH_KIB_MAX = 65_536;
const UPLOAD_MIB = 200;

const scriptFor = (address: string): string => `import { definePhases } from "sluice";
export default definePhases({
  async requestFilter({ request }) {
    if (request.target === "/loop") for (;;);
    if (request.method === "POST") {
      return await fetch("http://${address}/up", { method: "POST", body: request.body });
    }
    const response = await fetch("http://${address}" + request.target);
    if (!request.target.startsWith("/through")) return response;
    return new Response(response.body.pipeThrough(new TransformStream()));
  },
});`;

const residentKiB = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);

for (const lane of LANES) {
  for (const [target, mib, kills] of [
    ["/returned", 1_024, true],
    ["/through", 256, false],
  ] as const) {
    test(`${lane}: ${mib} MiB of ${target} arrive, and memory stays level`, async () => {
      const bytes = mib * MIB;
      const sent = createHash("sha256");
      await using origin = await httpOrigin(async (_request, response) => {
        response.writeHead(200, { "content-length": bytes });
        for (let at = 0; at < bytes && !response.destroyed; at += PIECE.length) {
          const piece = PIECE.subarray(0, Math.min(PIECE.length, bytes - at));
          sent.update(piece);
          if (!response.write(piece)) await once(response, "drain");
        }
        response.end();
      });
      const script = scriptFor(origin.address);
      const limits = { requestCpuMs: 600_000 };
      await using stand = await FetchStand.start({ lane, script, tenant: { limits } });
      const pid = stand.proxy.process.pid ?? 0;
      const asked = get({ host: "127.0.0.1", port: stand.proxy.port, path: target });
      const [from]: readonly IncomingMessage[] = await once(asked, "response");
      assert.ok(from !== undefined);
      const came = createHash("sha256");
      const levels: number[] = [];
      let received = 0;
      for await (const chunk of from) {
        const part = Math.floor((received * 16) / bytes);
        received += chunk.length;
        came.update(chunk);
        const now = Math.floor((received * 16) / bytes);
        if (now > part) levels.push(residentKiB(pid));
        if (kills && part < 8 && now >= 8) {
          assert.match((await stand.get("/loop")).body, /script_timeout/);
        }
      }
      assert.equal(received, bytes);
      assert.equal(came.digest("hex"), sent.digest("hex"));
      const growth = Math.max(...levels.slice(1)) - (levels[0] ?? 0);
      assert.ok(growth < GROWTH_KIB_MAX, `resident memory in KiB: ${levels.join(", ")}`);
    });
  }

  test(`${lane}: ${UPLOAD_MIB} MiB that a script sends on, to a slow origin: memory stays level`, async () => {
    const bytes = UPLOAD_MIB * MIB;
    const came = createHash("sha256");
    const levels: number[] = [];
    let pid = 0;
    await using origin = await httpOrigin(async (incoming, response) => {
      let received = 0;
      for await (const chunk of incoming) {
        const part = Math.floor((received * 16) / bytes);
        received += chunk.length;
        came.update(chunk);
        if (Math.floor((received * 16) / bytes) > part) levels.push(residentMiB(pid));
        for (let passes = 0; passes < 5; passes++) await setImmediate();
      }
      response.end(String(received));
    });
    const limits = { requestCpuMs: 600_000, hookWallMs: 600_000 };
    const script = scriptFor(origin.address);
    await using stand = await FetchStand.start({ lane, script, tenant: { limits } });
    pid = stand.proxy.process.pid ?? 0;
    const to = request({ host: "127.0.0.1", port: stand.proxy.port, method: "POST" });
    const sent = createHash("sha256");
    for (let at = 0; at < bytes; at += PIECE.length) {
      const piece = PIECE.subarray(0, Math.min(PIECE.length, bytes - at));
      sent.update(piece);
      if (!to.write(piece)) await once(to, "drain");
    }
    to.end();
    const [answer]: readonly IncomingMessage[] = await once(to, "response");
    assert.equal(answer === undefined ? "" : await text(answer), String(bytes));
    assert.equal(came.digest("hex"), sent.digest("hex"));
    const growth = Math.max(...levels.slice(1)) - (levels[0] ?? 0);
    assert.ok(growth < GROWTH_KIB_MAX / 1024, `resident memory in MiB: ${levels.join(", ")}`);
  });
}
