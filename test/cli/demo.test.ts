// The upstreams of `sluice serve --demo`, and what it tells the person at the terminal.

import assert from "node:assert/strict";
import { Agent, get } from "node:http";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { parseConfig } from "../../src/base/config/load.ts";
import type { Config } from "../../src/base/config/types.ts";
import { startDemo } from "../../src/cli/demo.ts";
import { hints } from "../../src/cli/demo-hints.ts";
import { freePort } from "../support/free-port.ts";

function configOf(upstreams: Readonly<Record<string, string>>): Config {
  const tenants = {
    demo: {
      hosts: ["*"],
      upstreams: Object.fromEntries(
        Object.entries(upstreams).map(([name, address]) => [name, { peers: [address] }]),
      ),
      defaultUpstream: Object.keys(upstreams)[0],
    },
  };
  const result = parseConfig(JSON.stringify({ tenants }), "sluice.yaml");
  assert.ok("config" in result, JSON.stringify(result));
  return result.config;
}

const ask = (port: number, agent: Agent): Promise<string> =>
  new Promise((resolve, reject) => {
    const request = get({ host: "127.0.0.1", port, path: "/a?b", agent });
    request.on("response", (response) => resolve(text(response)));
    request.on("error", reject);
  });

test("each peer of the configuration answers with its group, on kept connections", async () => {
  const [one, two] = [await freePort(), await freePort()];
  const config = configOf({ stable: `127.0.0.1:${one}`, beta: `127.0.0.1:${two}` });
  await using _demo = await startDemo(config);
  const agent = new Agent({ keepAlive: true });
  const first = await ask(one, agent);
  assert.match(first, /^Hello from stable: GET \/a\?b \(connection \d+\)\n$/);
  assert.equal(await ask(one, agent), first);
  assert.match(await ask(two, agent), /^Hello from beta: /);
  agent.destroy();
});

test("it does not stand in for an upstream on another machine", async () => {
  await assert.rejects(startDemo(configOf({ api: "192.0.2.1:80" })), {
    message: "Cannot start the demo upstream api: expected a local address, got 192.0.2.1:80",
  });
});

test("when one cannot start, those before it are closed again", async () => {
  const [one, two] = [await freePort(), await freePort()];
  await using _other = await startDemo(configOf({ other: `127.0.0.1:${two}` }));
  const both = configOf({ stable: `127.0.0.1:${one}`, beta: `127.0.0.1:${two}` });
  await assert.rejects(
    startDemo(both),
    /^Error: Cannot start the demo upstream beta on .*EADDRINUSE/,
  );
  await using _again = await startDemo(configOf({ stable: `127.0.0.1:${one}` }));
});

test("the hints name the addresses of the configuration, and its groups alone", () => {
  const config = configOf({ stable: "127.0.0.1:9001", beta: "127.0.0.1:9002" });
  const listener = { ...config.admin, tls: null, http2: false, proxies: [] };
  const listeners = [{ ...listener, address: "127.0.0.1:1234" }];
  const text = hints({ ...config, listeners }, { file: "sluice.yaml", token: "abc" });
  assert.match(text, /curl http:\/\/127\.0\.0\.1:1234\/ +# a plain user/);
  assert.match(text, /curl -H 'beta-flag: 1' http:\/\/127\.0\.0\.1:1234\/ +# a beta user/);
  assert.ok(text.includes(`curl http://${config.admin.address}/metrics`));
  const page = `In a browser: http://${config.admin.address}/dashboard/`;
  assert.ok(text.includes(`${page}#token=abc\n`));
  assert.match(text, /\n {2}export SLUICE_ADMIN_TOKEN=abc\n {2}npx sluice tenant list\n/);
  const other = hints(configOf({ main: "127.0.0.1:9001" }), { file: "x.yaml", token: null });
  assert.doesNotMatch(other, /stable|beta|export|npx/);
  assert.ok(other.includes(`${page} (token: SLUICE_ADMIN_TOKEN)\n`));
});
