// Headers that would end the head early, frame the message, or belong to the connection.

import assert from "node:assert/strict";
import { test } from "node:test";
import { TwoTenants } from "./two-tenants.ts";

const VALUES = [
  "a\\r\\nx-injected: 1",
  "a\\nx-injected: 1",
  "a\\rb",
  "a\\0b",
  "\\u0100",
  "\\u010d\\u010a",
];
const NAMES = [
  "x a",
  "x:",
  "",
  "x\\r\\ny",
  ":path",
  "transfer-encoding",
  "content-length",
  "connection",
  "upgrade",
  "keep-alive",
  "te",
  "trailer",
];

test("a header that could break the message is refused where it is set, or dropped", async () => {
  await using tenants = await TwoTenants.start(
    `responseFilter(session) {
      const { headers } = session.response;
      const refused = [];
      const attempt = (name, value) => {
        for (const way of ["set", "append"]) {
          try { headers[way](name, value); } catch (error) { refused.push(error.name); }
        }
      };
      for (const value of [${VALUES.map((value) => `"${value}"`).join()}]) attempt("x-own", value);
      for (const name of [${NAMES.map((name) => `"${name}"`).join()}]) attempt(name, "1");
      headers.set("x-refused", refused.join());
    },
    requestFilter(session) {
      if (session.request.headers.get("how") === "answer")
        return new Response("", { headers: { "x-own": "a\\r\\nx-injected: 1" } });
      if (session.request.headers.get("how") === "frame")
        return new Response("body", { headers: { "content-length": "1", "transfer-encoding": "chunked" } });
    }`,
  );
  const [answer] = await tenants.attackBesideNeighbour(1);
  const refused = answer?.lines.find((line) => line.startsWith("x-refused: ")) ?? "";
  const errors = refused.slice("x-refused: ".length).split(",");
  assert.deepEqual(errors, Array(2 * (VALUES.length + NAMES.length)).fill("TypeError"));
  assert.ok(answer?.lines.every((line) => !/^x-injected|^x-own|^transfer|^te:/i.test(line)));
  assert.equal(answer?.body, "origin");
  assert.match((await tenants.attack("How: answer\r\n")).body, /script_error/);
  const framed = await tenants.attack("How: frame\r\n");
  assert.deepEqual(
    framed.lines.filter((line) => /^transfer-encoding/i.test(line)),
    [],
  );
  assert.notEqual(framed.body, "b");
});
