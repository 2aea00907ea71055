// Clients that everybody has, over TLS with hooks in the way in either lane: curl by both versions,
// and h2load with many streams at once.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, test } from "node:test";
import { promisify } from "node:util";
import { parseH2load } from "../../bench/load.ts";
import { Folder } from "../control/store-stand.ts";
import { httpOrigin } from "../life/http-origin.ts";
import { oneTenant, TestProxy } from "../life/proxy.ts";
import { makeCertificate } from "../support/certificates.ts";
import { missing } from "../support/debian.ts";

const run = promisify(execFile);

const SCRIPT = `import { counter, definePhases } from "sluice";
const asked = counter("asked");
export default definePhases({
  newCtx: () => ({ version: "" }),
  requestFilter({ request }, ctx) {
    ctx.version = request.httpVersion;
    asked.incr();
    if (request.method === "POST") return new Response("too large a page", { status: 413 });
  },
  responseFilter({ response }, ctx) { response.headers.set("x-version", ctx.version); },
});`;
const REQUESTS = 1_000;
/** More than windows and sockets hold: the answer comes in the middle of it. */
const UPLOAD_BYTES = 16_777_216;

const [noCurl, noH2load] = [
  await missing("curl", "curl"),
  await missing("h2load", "nghttp2-client"),
];
const { cert, key } = await makeCertificate("DNS:a.example");
const origin = await httpOrigin((_request, response) => response.end("from the origin"));
after(() => origin[Symbol.asyncDispose]());

async function start(isolation: string): Promise<{ proxy: TestProxy; folder: Folder }> {
  const folder = await Folder.make();
  const proxy = await TestProxy.start({
    folder: folder.path,
    files: { "main.ts": SCRIPT, "own.pem": cert, "own.key": key, body: "x".repeat(UPLOAD_BYTES) },
    config: {
      ...oneTenant({ origin: [origin.address] }, { script: "main.ts", isolation }),
      listeners: [
        { address: "127.0.0.1:0", tls: { certificates: [{ cert: "own.pem", key: "own.key" }] } },
      ],
    },
  });
  return { proxy, folder };
}

// all of them before the first test, since the origin ends after the last one that is known
const lanes = new Map([
  ["inline", await start("inline")],
  ["process", await start("process")],
]);

for (const [isolation, { proxy, folder }] of lanes) {
  after(async () => {
    await proxy[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });
  const { port } = proxy;
  const curl = async (...args: readonly string[]): Promise<string> => {
    const at = ["--resolve", `a.example:${port}:127.0.0.1`, "--cacert", `${folder.path}/own.pem`];
    const how = ["--silent", "--show-error", "--include", "--max-time", "20", ...at];
    const { stdout } = await run("curl", [...how, ...args, `https://a.example:${port}/`]);
    return stdout.toLowerCase();
  };

  test(`${isolation}: curl is answered by either version, with what hooks said`, {
    skip: noCurl,
  }, async () => {
    const [one, two] = [await curl("--http1.1"), await curl("--http2")];
    assert.match(one, /^http\/1\.1 200 ok\r\n/);
    assert.match(one, /\r\nx-version: 1\.1\r\n(?:.*\r\n)*\r\nfrom the origin$/);
    assert.match(two, /^http\/2 200 \r\n/);
    assert.match(two, /\r\nx-version: 2\r\n(?:.*\r\n)*\r\nfrom the origin$/);
  });

  test(`${isolation}: curl shows the answer that comes before the end of its upload`, {
    skip: noCurl,
  }, async () => {
    const said = await curl(
      "--http2",
      "--header",
      "Expect:",
      "--data-binary",
      `@${folder.path}/body`,
    );
    assert.match(said, /^http\/2 413 \r\n/);
    assert.match(said, /\r\n\r\ntoo large a page$/);
  });

  test(`${isolation}: h2load is answered ${REQUESTS} times on four connections`, {
    skip: noH2load,
  }, async () => {
    const size = [`-n${REQUESTS}`, "-c4", "-m25", "-t1"];
    const { stdout } = await run("h2load", [...size, `https://127.0.0.1:${port}/`]);
    const { requests, errors } = parseH2load(stdout);
    assert.deepEqual([requests, errors], [REQUESTS, 0]);
    assert.match(stdout, /^Application protocol: h2$/m);
  });
}
