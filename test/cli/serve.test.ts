// `sluice serve` from start to end, as a process.

import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { freePort } from "../support/free-port.ts";
import { type Ending, run } from "../support/program.ts";
import { startProxy } from "../support/proxy-process.ts";

const launcher = fileURLToPath(new URL("../../bin/sluice.js", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "sluice-serve-"));
after(() => rmSync(folder, { recursive: true }));

const configFor = (upstream: string, listener = "127.0.0.1:0"): string => `
listeners: [{ address: "${listener}" }]
admin: { address: 127.0.0.1:0 }
workers: 1
tenants:
  demo:
    hosts: ["*"]
    upstreams: { stable: { peers: ["${upstream}"] } }
    defaultUpstream: stable
`;

function serve(config: string): Promise<Ending> {
  const file = join(folder, "sluice.yaml");
  writeFileSync(file, config);
  return run(process.execPath, [launcher, "serve", "--config", file]);
}

test("it serves what the configuration says until SIGTERM, and ends with status 0", async () => {
  await using origin = createServer((_request, response) => response.end("from the origin"));
  origin.listen(0, "127.0.0.1");
  await once(origin, "listening");
  const address = origin.address();
  assert.ok(typeof address === "object" && address !== null);
  await using proxy = await startProxy(configFor(`127.0.0.1:${address.port}`));

  const response = await fetch(proxy.url, { headers: { connection: "close" } });
  assert.equal(await response.text(), "from the origin");
  assert.equal((await fetch(`${proxy.admin}/v1/ready`)).status, 200);
  origin.closeAllConnections();
  assert.equal(await proxy.stop(), 0);
});

test("a configuration that cannot be read is one line and status 1", async () => {
  const file = join(folder, "nowhere.yaml");
  const { status, stdout, stderr } = await run(process.execPath, [launcher, "serve", "-c", file]);
  assert.deepEqual({ status, stdout }, { status: 1, stdout: "" });
  assert.match(stderr, /^sluice: [^\n]*nowhere\.yaml[^\n]*ENOENT[^\n]*\n$/);
});

test("each mistake of the configuration is a line with its place", async () => {
  const { status, stderr } = await serve("workers: many\nlisteners: [{ address: 127.0.0.1 }]\n");
  assert.equal(status, 1);
  const places = stderr
    .trim()
    .split("\n")
    .map((line) => /^sluice: .*sluice\.yaml:(\d+):\d+: /.exec(line)?.[1]);
  assert.deepEqual(places, ["1", "2"]);
});

test("an address that is taken is one line and status 1", async () => {
  await using taken = createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  const address = taken.address();
  assert.ok(typeof address === "object" && address !== null);
  const upstream = `127.0.0.1:${await freePort()}`;
  const { status, stderr } = await serve(configFor(upstream, `127.0.0.1:${address.port}`));
  assert.equal(status, 1);
  assert.match(stderr, new RegExp(`^sluice: [^\\n]*127\\.0\\.0\\.1:${address.port}[^\\n]*\\n$`));
});
