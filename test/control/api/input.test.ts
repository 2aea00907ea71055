// What comes in malformed gets one clear answer and changes nothing.

import assert from "node:assert/strict";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { describe, it } from "node:test";
import { LIMITS } from "../../../src/base/limits.ts";
import { parseJson } from "../../../src/control/api/json.ts";
import { fc } from "../../support/property.ts";
import { ApiStand, OPERATOR, settings } from "./stand.ts";

const BODIES: readonly [title: string, body: string | Uint8Array, detail: RegExp][] = [
  ["no JSON", "{", /expected JSON/],
  ["nothing", "", /expected JSON/],
  ["a comment", '{"role":"reader"} // x', /expected JSON/],
  ["a second value", "{}{}", /expected JSON/],
  ["a repeated key", '{"role":"reader","role":"operator"}', /each key once, got "role"/],
  ["a key repeated in another spelling", '{"role":"reader","\\u0072ole":"x"}', /got "role" again/],
  ["a repeated key deep inside", '{"a":[{"b":1,"c":"\\"b","b":2}]}', /got "b" again/],
  ["__proto__", '{"__proto__":{"role":"operator"}}', /another key than "__proto__"/],
  ["deep nesting", "[".repeat(100_000), /at most 32 levels/],
  ["deep nesting that is JSON", `${'{"a":'.repeat(40)}1${"}".repeat(40)}`, /at most 32 levels/],
  ["bytes that are not UTF-8", Buffer.from('{"role":"\xff"}', "latin1"), /expected UTF-8/],
  ["a byte order mark", '\ufeff{"role":"reader"}', /expected JSON/],
];

describe("a body", () => {
  for (const [title, body, detail] of BODIES) {
    it(`of ${title} is answered 400`, async () => {
      await using stand = await ApiStand.start();
      const answer = await stand.call("POST", "/v1/tokens", { body });
      assert.equal(answer.status, 400, answer.text);
      assert.equal(answer.headers.get("content-type"), "application/problem+json");
      assert.match(answer.json().detail ?? "", detail);
      assert.deepEqual(await stand.store.tokens(), []);
    });
  }

  it("that is too large is answered 413, announced or not, and is not read on", async () => {
    await using stand = await ApiStand.start();
    const announced = await stand.announce("POST", "/v1/tokens", LIMITS.apiBodyBytes + 1);
    assert.equal(announced.status, 413);
    const { hostname, port } = new URL(stand.url);
    const socket = connect(Number(port), hostname);
    let answer = "";
    socket.setEncoding("utf8").on("data", (part) => {
      answer += part;
    });
    const closed = new Promise((resolve) => socket.once("close", resolve));
    const head = `POST /v1/tokens HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${OPERATOR}\r\n`;
    socket.write(`${head}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`);
    // it stops reading at some point, and says so
    socket.on("error", () => {});
    for (let sent = 0; sent <= LIMITS.apiBodyBytes && !socket.destroyed; sent += 65_536) {
      if (socket.write(`10000\r\n${" ".repeat(65_536)}\r\n`)) continue;
      await Promise.race([new Promise((resolve) => socket.once("drain", resolve)), closed]);
    }
    await closed;
    assert.match(answer, /^HTTP\/1\.1 413 /);
  });

  it("of another type is answered 415", async () => {
    await using stand = await ApiStand.start();
    for (const type of [
      "text/plain",
      "application/json; charset=latin1",
      "application/jsonx",
      "",
    ]) {
      const headers = { "content-type": type };
      const answer = await stand.call("POST", "/v1/tokens", { body: "{}", headers });
      assert.equal(answer.status, 415, type);
      assert.equal(answer.headers.get("accept"), "application/json");
    }
    const headers = { "content-type": "application/json; charset=UTF-8" };
    const good = await stand.call("POST", "/v1/tokens", { body: '{"role":"reader"}', headers });
    assert.equal(good.status, 201);
  });

  it("of another shape is answered 422 with the fields", async () => {
    await using stand = await ApiStand.start();
    const answer = await stand.call("POST", "/v1/tokens", { body: { rol: "reader" } });
    assert.equal(answer.status, 422);
    const texts = answer.json().errors?.map(({ field, text }) => `${field}: ${text}`);
    assert.deepEqual(texts, [
      "role: expected one of operator, deployer, reader, got nothing",
      'rol: expected one of role, tenant, expiresAtMs, got "rol" (did you mean role?)',
    ]);
    const twice = await stand.call("POST", "/v1/explain", { body: { url: "shop.example.com" } });
    const fields = twice.json().errors?.map(({ field }) => field);
    assert.deepEqual(fields, ["url"], "neither begins as a URL nor is one: that is one mistake");
    for (const body of ["[]", "null", '"x"', "1"]) {
      assert.equal((await stand.call("PUT", "/v1/tenants/shop", { body })).status, 422, body);
    }
  });
});

describe("a request", () => {
  it("with a query that nobody reads is answered 422 with the name that was meant", async () => {
    await using stand = await ApiStand.start();
    const unknown = await stand.call("GET", "/v1/audit?limits=5");
    assert.equal(unknown.status, 422);
    assert.match(unknown.json().detail ?? "", /^Cannot do this: limits: .*did you mean limit\?/);
    assert.equal((await stand.call("GET", "/v1/audit?limit=five")).status, 422);
    assert.equal((await stand.call("GET", "/v1/audit?limit=5&limit=6")).status, 422);
    assert.equal((await stand.call("GET", "/v1/audit?limit=5")).status, 200);
  });

  it("for lines of the audit log says which, and no page of it is looked for without end", async () => {
    const years = 3 * LIMITS.auditScan;
    const scanned: number[] = [];
    await using stand = await ApiStand.start({
      store(store) {
        store.audit = async ({ actor = null, after }, { before }) => {
          const newest = (before ?? years) - 1;
          const line = { actor: "file", action: "a", tenant: null, target: "", detail: {} };
          if (actor === null) return [{ ...line, id: newest, atMs: newest }];
          scanned.push(newest - (after ?? 0));
          return [];
        };
        return store;
      },
    });
    for (const wrong of ["action=A", "actor=", "from=-1", "to=soon"]) {
      assert.equal((await stand.call("GET", `/v1/audit?${wrong}`)).status, 422, wrong);
    }
    const nextOf = async (query: string) =>
      (await stand.call("GET", `/v1/audit?actor=nobody${query}`)).json().next;
    assert.equal(await nextOf(""), years - LIMITS.auditScan);
    assert.equal(await nextOf(`&before=${LIMITS.auditScan}`), null);
    assert.equal(await nextOf(`&from=${years - 10}`), null, "what is older is too old");
    assert.equal(Math.max(...scanned), LIMITS.auditScan);
  });

  it("for a name that cannot be one is answered 422", async () => {
    await using stand = await ApiStand.start();
    for (const name of ["a%20b", "a%2Fb", "x".repeat(65), "%ff", "__proto__"]) {
      const answer = await stand.call("PUT", `/v1/tenants/${name}`, { body: settings("a.test") });
      assert.equal(answer.status, 422, name);
    }
    assert.deepEqual(await stand.store.tenants(), []);
  });

  it("with a method that the path does not answer hears which it does", async () => {
    await using stand = await ApiStand.start();
    const answer = await stand.call("PATCH", "/v1/tenants/shop", { token: null });
    assert.deepEqual([answer.status, answer.headers.get("allow")], [405, "GET, HEAD, PUT, DELETE"]);
    assert.equal((await stand.call("OPTIONS", "/v1/tokens", { token: null })).status, 405);
  });

  it("that is not HTTP is answered 400 with a problem document", async () => {
    await using stand = await ApiStand.start();
    const { hostname, port } = new URL(stand.url);
    const socket = connect(Number(port), hostname);
    socket.write("hello\r\n\r\n");
    const answer = await text(socket);
    assert.match(answer, /^HTTP\/1\.1 400 /);
    assert.match(answer, /application\/problem\+json/);
  });

  it("that does not arrive is ended, while others are answered", async () => {
    await using stand = await ApiStand.start();
    const { hostname, port } = new URL(stand.url);
    const slow = connect(Number(port), hostname);
    const answer = text(slow);
    slow.write("GET /v1/health HTTP/1.1\r\nHost: a\r\nX-Slow: ");
    assert.equal((await stand.call("GET", "/v1/health")).status, 200);
    assert.match(await answer, /^HTTP\/1\.1 408 /);
  });
});

describe("parseJson", () => {
  it("reads what JSON.stringify wrote", () => {
    const value = fc
      .jsonValue({ maxDepth: 5 })
      .filter((one) => !/"__proto__":/.test(JSON.stringify(one)));
    fc.assert(
      fc.property(value, fc.nat(3), (one, indent) => {
        const json = JSON.stringify(one, null, indent);
        assert.deepEqual(parseJson(Buffer.from(json)), JSON.parse(json));
      }),
    );
  });
});
