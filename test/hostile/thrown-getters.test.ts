// Errors whose getters never return, or throw themselves, or are Proxies.

import assert from "node:assert/strict";
import { test } from "node:test";
import { TwoTenants } from "./two-tenants.ts";

const THROWS = {
  message: "throw { get message() { for (;;); } }",
  stack:
    "const e = new Error(''); Object.defineProperty(e, 'stack', { get() { for (;;); } }); throw e",
  name: "class Own extends Error { get name() { for (;;); } } throw new Own()",
  proxy: "throw new Proxy({}, { get() { for (;;); } })",
  prepared: "Error.prepareStackTrace = () => { for (;;); }; throw new Error('prepared')",
  thrower: "throw { get message() { throw new Error('again'); } }",
  nothing: "throw undefined",
};

test("an error with getters that loop or throw is answered, and logged as text", async () => {
  const cases = Object.entries(THROWS).map(([name, code]) => `case "${name}": { ${code} }`);
  await using tenants = await TwoTenants.start(
    `requestFilter(session) { switch (session.request.headers.get("how")) { ${cases.join("\n")} } }`,
    { limits: { hookMs: 150 } },
  );
  for (const how of Object.keys(THROWS)) {
    const [answer] = await tenants.attackBesideNeighbour(1, `How: ${how}\r\n`);
    const isEndless = ["message", "stack", "name", "proxy"].includes(how);
    assert.equal(answer?.status, 500, how);
    assert.match(answer?.body ?? "", isEndless ? /script_timeout/ : /script_error/, how);
  }
  await tenants.memoryComesBack();
});
