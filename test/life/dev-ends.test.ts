// `sluice dev` ends what clients leave behind as `sluice serve` does, in both lanes: what works on
// a laptop works in production.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { stringify } from "yaml";
import { startDev } from "../support/dev-process.ts";
import { LANES } from "./fetch-stand.ts";
import { RawClient } from "./raw-client.ts";
import { ToldOrigin, until } from "./told-origin.ts";

const LARGE_BYTES = 10 * 2 ** 20;

const origin = await ToldOrigin.start((one) => {
  if (one.request.url?.startsWith("/large") === true) void one.flood(LARGE_BYTES);
  if (one.request.method === "POST") one.request.once("end", () => one.response.end());
});
after(() => origin[Symbol.asyncDispose]());

const SCRIPT = `import { definePhases, log } from "sluice";
const at = (path: string) => "http://${origin.address}" + path;
export default definePhases({
  async requestFilter(session) {
    const { target } = session.request;
    const fetched = await fetch(at(target));
    if (target.startsWith("/large")) return fetched;
    const reader = fetched.body?.getReader();
    const { promise, resolve } = Promise.withResolvers<string>();
    const book = (body: string) => fetch(at("/books" + target), { method: "POST", body });
    session.waitUntil(promise.then(book));
    return new Response(new ReadableStream({
      async pull(controller) {
        const read = await reader?.read();
        if (read?.value !== undefined) return controller.enqueue(read.value);
        controller.close();
        resolve("whole");
      },
      cancel() {
        void reader?.cancel();
        resolve("left");
      },
    }));
  },
  logging({ request }) { log.info("logged " + request.target); },
});
`;

const folder = mkdtempSync(join(tmpdir(), "sluice-dev-"));
after(() => rmSync(folder, { recursive: true }));
writeFileSync(join(folder, "main.ts"), SCRIPT);
const tenants = Object.fromEntries(
  LANES.map((isolation) => {
    const egress = isolation === "process" ? { egress: ["127.0.0.1"] } : {};
    const upstreams = { main: { peers: [origin.address] } };
    return [
      isolation,
      { hosts: [`${isolation}.test`], script: "main.ts", isolation, upstreams, ...egress },
    ];
  }),
);
writeFileSync(join(folder, "edge.yaml"), stringify({ tenants }));

const launcher = fileURLToPath(new URL("../../bin/sluice.js", import.meta.url));
const dev = await startDev(
  [process.execPath, launcher, "dev", "-c", "edge.yaml", "--port", "0"],
  folder,
);
after(() => dev[Symbol.asyncDispose]());

async function ask(lane: string, target: string): Promise<RawClient> {
  const client = await RawClient.to(Number(new URL(dev.url).port));
  return client.send(`GET ${target} HTTP/1.1\r\nHost: ${lane}.test\r\n\r\n`);
}

const logged = (target: string): number => dev.output.split(`logged ${target}\n`).length - 1;

for (const lane of LANES) {
  test(`${lane}: a client that leaves in the middle closes the origin's connection`, async () => {
    await using client = await ask(lane, `/large/${lane}`);
    const one = await origin.asked(`/large/${lane}`);
    await client.until(() => client.received > 2 ** 16, "a part");
    client.socket.resetAndDestroy();
    await until(() => one.isClosed);
    await dev.says(new RegExp(`logged /large/${lane}\\n`));
  });

  test(`${lane}: and what is to be booked then is booked, once`, async () => {
    await using client = await ask(lane, `/stream/${lane}`);
    const one = await origin.asked(`/stream/${lane}`);
    one.response.write("first");
    await client.until(() => client.text.includes("first"), "first piece");
    client.socket.resetAndDestroy();
    const book = await origin.asked(`/books/stream/${lane}`);
    await until(() => book.hasEnded && one.isClosed);
    assert.equal(book.received, "left");
    await dev.says(new RegExp(`logged /stream/${lane}\\n`));
    assert.deepEqual([logged(`/large/${lane}`), logged(`/stream/${lane}`)], [1, 1]);
  });
}
