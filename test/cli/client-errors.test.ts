// How commands that talk to the proxy fail: in readable lines on standard error, with the status
// that says whose mistake it was.

import assert from "node:assert/strict";
import { tmpdir } from "node:os";
import { test } from "node:test";
import { freePort } from "../support/free-port.ts";
import { FakeAdmin, sluice } from "./fake-admin.ts";

const PROBLEM = {
  type: "about:blank",
  status: 422,
  title: "Unprocessable Content",
  detail: "Cannot do this: limits.hookMs: expected an integer from 1 to 60000, got 0",
  errors: [
    { field: "limits.hookMs", text: "expected an integer from 1 to 60000, got 0" },
    { file: "main.ts", line: 7, column: 11, text: "no \u001b[31mred" },
  ],
};

test("a problem document becomes a sentence and a line for each field", async () => {
  await using admin = await FakeAdmin.start({
    "PUT /v1/tenants/shop": { status: 422, body: PROBLEM },
  });
  const { status, stdout, stderr } = await admin.sluice(["tenant", "put", "shop", "-f", "-"], "{}");
  assert.deepEqual([status, stdout], [1, ""]);
  assert.equal(
    stderr,
    "sluice: the proxy refused (422): Cannot do this: limits.hookMs: expected an integer " +
      "from 1 to 60000, got 0\n" +
      "sluice:   limits.hookMs: expected an integer from 1 to 60000, got 0\n" +
      "sluice:   main.ts:7:11: no \\x1b[31mred\n",
  );
});

test("a refused token is told with what to give", async () => {
  const body = { title: "Unauthorized", detail: "Expected Authorization: Bearer TOKEN." };
  await using admin = await FakeAdmin.start({ "GET /v1/tenants": { status: 401, body } });
  const { status, stderr } = await admin.sluice(["tenant", "list"]);
  assert.equal(status, 1);
  assert.match(stderr, /refused \(401\): Expected Authorization/);
  assert.match(stderr, /give a token: SLUICE_ADMIN_TOKEN/);
});

test("a tenant's token is told how it may ask what would become of a request", async () => {
  const detail = "Expected the token of an operator, got one of a reader.";
  await using admin = await FakeAdmin.start({
    "POST /v1/explain": { status: 403, body: { detail } },
  });
  const { status, stderr } = await admin.sluice(["explain", "https://shop.example.com/"]);
  assert.equal(status, 1);
  assert.match(stderr, /refused \(403\): .*\n.* of one tenant's requests .*: --tenant NAME/);
});

test("an answer of another shape is no answer", async () => {
  await using admin = await FakeAdmin.start({ "GET /v1/tenants": { body: { tenants: [{}] } } });
  const { status, stdout, stderr } = await admin.sluice(["tenant", "list"]);
  assert.deepEqual([status, stdout], [1, ""]);
  assert.match(stderr, /^sluice: Cannot read the answer to GET \/v1\/tenants: .*tenants\.0\.name/);
});

test("another server that answers HTML is seen as such", async () => {
  await using admin = await FakeAdmin.start({
    "GET /v1/tenants": { status: 502, body: "<html>Bad Gateway</html>" },
  });
  const { status, stderr } = await admin.sluice(["tenant", "list"]);
  assert.equal(status, 1);
  assert.match(stderr, /refused \(502\): expected JSON, got .*<html>.*is it Sluice\?/);
});

test("where nothing listens, the error says what to type", async () => {
  const env = { SLUICE_ADMIN_URL: `http://127.0.0.1:${await freePort()}`, NO_COLOR: "1" };
  const { status, stderr } = await sluice(["tenant", "list"], { env });
  assert.equal(status, 1);
  assert.match(stderr, /^sluice: Cannot reach the proxy at http:\/\/127\.0\.0\.1:\d+: nothing/);
  assert.match(stderr, /sluice serve.*--admin URL\n$/);
});

test("without a configuration or an address there is nobody to ask", async () => {
  const env = { SLUICE_ADMIN_URL: undefined, NO_COLOR: "1" };
  const { status, stderr } = await sluice(["tenant", "list"], { env, cwd: tmpdir() });
  assert.equal(status, 1);
  assert.match(stderr, /^sluice: Cannot find the proxy: there is no sluice\.yaml .*--admin URL/);
});

test("--token on the command line works, and is warned of", async () => {
  await using admin = await FakeAdmin.start({ "GET /v1/tenants": { body: { tenants: [] } } });
  const { status, stderr } = await admin.sluice(["tenant", "list", "--token", "typed"]);
  assert.equal(status, 0);
  assert.equal(admin.asked[0]?.authorization, "Bearer typed");
  assert.match(stderr, /others on this machine can read --token/);
});

for (const line of [
  "secret delete k --tenant shop",
  "flag delete k --tenant shop",
  "tenant delete shop",
  "token revoke 1",
]) {
  test(`\`sluice ${line}\` asks nobody where there is no terminal, and changes nothing`, async () => {
    await using admin = await FakeAdmin.start({});
    const { status, stderr } = await admin.sluice(line.split(" "), "y\n");
    assert.equal(status, 1);
    assert.match(stderr, /Nobody to ask: expected --yes\n$/);
    assert.deepEqual(admin.asked, []);
  });
}

test("`sluice rollback` names the versions before it does anything", async () => {
  const [old, fresh] = [
    { version: 7, percent: 90 },
    { version: 9, percent: 10 },
  ];
  const asked = async (traffic: object, line = "rollback --tenant shop") => {
    await using admin = await FakeAdmin.start({
      "GET /v1/tenants/shop/traffic": { body: traffic },
    });
    const { status, stderr } = await admin.sluice(line.split(" "), "y\n");
    assert.equal(status, 1);
    assert.deepEqual(
      admin.asked.map(({ call }) => call),
      ["GET /v1/tenants/shop/traffic"],
    );
    return stderr;
  };
  assert.match(
    await asked({ versions: [old, fresh], rollbackTo: 7 }),
    /^sluice: Roll shop back from versions 7 \(90 %\) and 9 \(10 %\) to version 7\? Nobody to ask/,
  );
  const whole = { versions: [{ version: 9, percent: 100 }], rollbackTo: 7 };
  assert.match(await asked(whole), /back from version 9 to version 7\?/);
  assert.match(await asked(whole, "rollback 3 --tenant shop"), /from version 9 to version 3\?/);
});

const MISUSES: readonly (readonly [string, RegExp])[] = [
  ["secret put k", /required option '--tenant <name>' not specified/],
  ["secret put k v --tenant shop", /too many arguments for 'put'/],
  ["traffic 7 --tenant shop", /Expected VERSION=PERCENT/],
  ["traffic 7=x --tenant shop", /Expected VERSION=PERCENT/],
  ["rollback seven --tenant shop", /Expected the number of a version/],
  ["deploy main.ts --tenant shop --percent 101", /an integer from 0 to 100/],
  ["token create", /required option '--role <role>' not specified/],
  ["token create --role boss", /Allowed choices are operator, deployer, reader/],
  ["counter put n 1.5 --tenant shop", /Expected an integer/],
  ["tail --tenant shop --format xml", /Allowed choices are json, pretty/],
  ["completion tcsh", /Allowed choices are bash, zsh, fish/],
  ["flag putt", /unknown command 'putt' \(Did you mean put\?\)/],
];
for (const [line, complaint] of MISUSES) {
  test(`\`sluice ${line}\` is refused with one line and status 2`, async () => {
    const { status, stdout, stderr } = await sluice(line.split(" "));
    assert.deepEqual({ status, stdout }, { status: 2, stdout: "" });
    assert.match(stderr, /^sluice: [^\n]+ \(see sluice --help\)\n$/);
    assert.match(stderr, complaint);
  });
}
