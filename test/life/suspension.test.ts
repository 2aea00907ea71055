// A tenant that an operator suspends is answered 503 by every worker until it is resumed.

import assert from "node:assert/strict";
import { once } from "node:events";
import { request } from "node:http";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { sluice } from "../cli/fake-admin.ts";
import { httpOrigin } from "./http-origin.ts";
import { TestProxy } from "./proxy.ts";

const env = { SLUICE_ADMIN_TOKEN: "the-operators-token", NO_COLOR: "1" };

const SCRIPT = `import { counter, definePhases } from "sluice";
const runs = counter("runs");
export default definePhases({ requestFilter() { runs.incr(); } });
`;

/** Status and what the body says, of many connections: workers take turns. */
async function all(proxy: TestProxy): Promise<string[]> {
  const got = await Promise.all(
    Array.from({ length: 16 }, async () => {
      const sent = request(proxy.url, { agent: false }).end();
      const [response] = await once(sent, "response");
      const body = await text(response);
      return `${response.statusCode} ${body.includes("suspended") ? "suspended" : body}`;
    }),
  );
  return [...new Set(got)];
}

test("suspended: 503 everywhere, no hook runs; resumed: as before; over a reload too", async () => {
  await using origin = await httpOrigin((_request, response) => void response.end("ok"));
  await using proxy = await TestProxy.start({
    files: { "main.ts": SCRIPT },
    config: {
      store: "memory",
      workers: 2,
      tenants: {
        shop: { hosts: ["*"], script: "main.ts", upstreams: { a: { peers: [origin.address] } } },
      },
    },
    env,
  });
  const run = async (...args: string[]): Promise<string> => {
    const ending = await sluice([...args, "--admin", proxy.admin], { env });
    return ending.status === 0 ? ending.stdout : ending.stderr;
  };
  assert.deepEqual(await all(proxy), ["200 ok"]);
  assert.equal(await run("tenant", "suspend", "shop"), "tenant shop is suspended\n");
  assert.deepEqual(await all(proxy), ["503 suspended"]);
  assert.match(await run("reload"), /^reloaded/);
  assert.deepEqual(await all(proxy), ["503 suspended"]);
  assert.equal(await run("tenant", "resume", "shop"), "tenant shop is served again\n");
  assert.deepEqual(await all(proxy), ["200 ok"]);
  assert.match(await proxy.metrics(), /sluice_script_value\{tenant="shop",name="runs"\} 32$/m);
  assert.match(
    await run("tenant", "suspend", "nobody"),
    /refused \(404\): There is no tenant nobody\./,
  );
});
