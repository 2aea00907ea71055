// `sluice deploy`: what it makes of a script here, what it sends, and how it shows what is wrong.

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { after, test } from "node:test";
import { FakeAdmin } from "./fake-admin.ts";

const folder = mkdtempSync(join(tmpdir(), "sluice-deploy-"));
after(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}

file("package.json", "{}");
file("node_modules/greeting/package.json", '{"name":"greeting","type":"module","main":"main.js"}');
file("node_modules/greeting/main.js", 'export const greeting = "hello from a package";');

const GOOD = `import { definePhases } from "sluice";
import { greeting } from "greeting";
export default definePhases({ requestFilter: () => new Response(greeting) });
`;

const PATH = "POST /v1/tenants/shop/deployments";
const MADE = {
  version: 8,
  sha256: "ab".repeat(32),
  hooks: ["requestFilter"],
  bytes: 99,
  warnings: [],
};

test("it sends the bundle, npm packages inside, with its source map", async () => {
  const script = file("main.ts", GOOD);
  await using admin = await FakeAdmin.start({ [PATH]: { status: 201, body: MADE } });
  const { status, stdout, stderr } = await admin.sluice([
    ...["deploy", script, "--tenant", "shop", "-m", "new", "--percent", "10"],
  ]);
  assert.deepEqual({ status, stderr }, { status: 0, stderr: "" });
  assert.equal(
    stdout,
    "version 8 of shop serves for 10 % of the clients\n" +
      "  99 bytes, sha256 abababababab, hooks requestFilter\n",
  );
  const { bundle, ...rest } = Object(admin.asked[0]?.body);
  assert.deepEqual(rest, { entry: "main.ts", message: "new", percent: 10 });
  assert.match(bundle.code, /hello from a package/);
  assert.deepEqual(JSON.parse(bundle.map).sources.includes("main.ts"), true);
});

test("--dry-run asks the proxy for all its checks and nothing else", async () => {
  const script = file("main.ts", GOOD);
  const smoke = file("smoke.yaml", "- { path: /, expect: { status: 200 } }\n");
  const { version: _, ...checked } = MADE;
  await using admin = await FakeAdmin.start({ [PATH]: { body: checked } });
  const { status, stdout } = await admin.sluice([
    ...["deploy", script, "--tenant", "shop", "--dry-run", "--smoke", smoke],
  ]);
  assert.equal(status, 0);
  assert.match(stdout, /^it could serve shop; nothing was stored\n/);
  const { dryRun, smoke: sent } = Object(admin.asked[0]?.body);
  assert.deepEqual([dryRun, sent], [true, [{ path: "/", expect: { status: 200 } }]]);
});

test("what cannot be bundled is shown with its line, and nothing is sent", async () => {
  const script = file("broken.ts", 'import { nothing } from "sluice";\nexport default nothing;\n');
  await using admin = await FakeAdmin.start({});
  const { status, stdout, stderr } = await admin.sluice(["deploy", script, "--tenant", "shop"]);
  assert.deepEqual({ status, stdout }, { status: 1, stdout: "" });
  const said = `${relative(process.cwd(), script)}:1:10: "sluice" has no export "nothing": `;
  assert.ok(stderr.startsWith(`${said}expected one of `), stderr);
  assert.match(stderr, /\n {4}1 \| import \{ nothing \} from "sluice";\n {6}\| {10}\^\n$/);
  assert.deepEqual(admin.asked, []);
});

test("what the proxy refuses is shown with its line too", async () => {
  const script = file("main.ts", GOOD);
  const detail = "Nothing changed: step start: it throws";
  const errors = [{ file: "main.ts", line: 3, column: 16, text: "boom" }];
  await using admin = await FakeAdmin.start({ [PATH]: { status: 422, body: { detail, errors } } });
  const { status, stderr } = await admin.sluice(["deploy", script, "--tenant", "shop"]);
  assert.equal(status, 1);
  assert.match(stderr, / 3 \| export default definePhases/);
  assert.match(stderr, /refused \(422\): Nothing changed: step start/);
  const place = `${relative(process.cwd(), script)}:3:16`;
  assert.ok(stderr.includes(`\nsluice:   ${place}: boom\n`), stderr);
});

test("without a file it is the script that the configuration names for the tenant", async () => {
  file("main.ts", GOOD);
  const config = file(
    "sluice.yaml",
    "tenants: { shop: { hosts: ['*'], script: main.ts, upstreams: { a: { peers: ['127.0.0.1:1'] } } } }\n",
  );
  await using admin = await FakeAdmin.start({ [PATH]: { status: 201, body: MADE } });
  const named = await admin.sluice(["deploy", "--tenant", "shop", "-c", config]);
  assert.equal(named.status, 0, named.stderr);
  const other = await admin.sluice(["deploy", "--tenant", "other", "-c", config]);
  assert.equal(other.status, 1);
  assert.match(other.stderr, /expected a FILE, as .*sluice\.yaml names no script of other/);
});
