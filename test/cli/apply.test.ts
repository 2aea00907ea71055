// `sluice apply`: what it shows, and what it then asks of the admin API.

import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeAdmin } from "./fake-admin.ts";

const FILE = `
tenants:
  blog: { hosts: [blog.example], limits: { hookMs: 80 } }
  shop: { hosts: [shop.example] }
  same: { limits: { memoryMiB: 64, hookMs: 50 }, hosts: [same.example] }
`;

const line = (name: string, origin = "api") => ({
  name,
  origin,
  revision: 3,
  suspended: false,
  hosts: [],
});
const tenant = (name: string, settings: object, revision = 3) => ({
  headers: { etag: `"${revision}"` },
  body: { name, origin: "api", revision, suspended: false, settings },
});

const answers = {
  "GET /v1/tenants": {
    body: { tenants: [line("blog"), line("same"), line("gone"), line("kept", "file")] },
  },
  "GET /v1/tenants/blog": tenant("blog", { hosts: ["blog.example"], limits: { hookMs: 50 } }),
  "GET /v1/tenants/same": tenant("same", {
    hosts: ["same.example"],
    limits: { hookMs: 50, memoryMiB: 64 },
  }),
  "GET /v1/tenants/gone": tenant("gone", {}, 9),
  "PUT /v1/tenants/blog": tenant("blog", {}),
  "PUT /v1/tenants/shop": tenant("shop", {}),
  "DELETE /v1/tenants/gone": { status: 204 },
};

const DIFFERENCE = `~ blog
    limits.hookMs: 50 → 80
+ shop
    hosts: (none) → ["shop.example"]
`;

const changesOf = (admin: FakeAdmin): unknown[] =>
  admin.asked
    .filter(({ call }) => !call.startsWith("GET "))
    .map(({ call, condition, body }) => [call, condition, body]);

test("it shows the difference and applies it to what it has seen", async () => {
  await using admin = await FakeAdmin.start(answers);
  const { status, stdout, stderr } = await admin.sluice(["apply", "-f", "-", "--yes"], FILE);
  const done = "blog: changed\nshop: made\n";
  assert.deepEqual(
    { status, stdout, stderr },
    { status: 0, stdout: DIFFERENCE + done, stderr: "" },
  );
  assert.deepEqual(changesOf(admin), [
    ["PUT /v1/tenants/blog", '"3"', { hosts: ["blog.example"], limits: { hookMs: 80 } }],
    ["PUT /v1/tenants/shop", "*", { hosts: ["shop.example"] }],
  ]);
});

test("--dry-run shows it and changes nothing", async () => {
  await using admin = await FakeAdmin.start(answers);
  const { status, stdout } = await admin.sluice(["apply", "-f", "-", "--dry-run"], FILE);
  assert.deepEqual({ status, stdout }, { status: 0, stdout: DIFFERENCE });
  assert.deepEqual(changesOf(admin), []);
});

test("without --yes and without a terminal it changes nothing", async () => {
  await using admin = await FakeAdmin.start(answers);
  const { status, stdout, stderr } = await admin.sluice(["apply", "-f", "-"], FILE);
  assert.deepEqual({ status, stdout }, { status: 1, stdout: DIFFERENCE });
  assert.match(stderr, /Apply these 2\? Nobody to ask: expected --yes/);
  assert.deepEqual(changesOf(admin), []);
});

test("--prune deletes what the file does not name, but not the tenants of sluice.yaml", async () => {
  await using admin = await FakeAdmin.start(answers);
  const { status } = await admin.sluice(["apply", "-f", "-", "--prune", "--yes"], FILE);
  assert.equal(status, 0);
  assert.deepEqual(changesOf(admin).at(-1), ["DELETE /v1/tenants/gone", '"9"', undefined]);
  assert.equal(changesOf(admin).length, 3);
});

test("a change that somebody else made meanwhile is not overwritten", async () => {
  const refusal = {
    status: 412,
    body: { title: "Precondition Failed", detail: "It has changed." },
  };
  await using admin = await FakeAdmin.start({ ...answers, "PUT /v1/tenants/blog": refusal });
  const { status, stderr } = await admin.sluice(["apply", "-f", "-", "--yes"], FILE);
  assert.equal(status, 1);
  assert.match(stderr, /refused \(412\): It has changed\./);
  assert.equal(changesOf(admin).length, 1);
});

test("a file of another shape is refused before anything is asked", async () => {
  await using admin = await FakeAdmin.start(answers);
  for (const [file, said] of [
    ["hosts: []\n", /expected the key tenants alone, got hosts/],
    ["tenants: [a]\n", /Cannot use tenants of -: expected a mapping, got a list/],
    ["tenants: {a: {\n", /Cannot read standard input: expected YAML or JSON/],
  ] as const) {
    const { status, stderr } = await admin.sluice(["apply", "-f", "-"], file);
    assert.equal(status, 1);
    assert.match(stderr, said);
  }
  assert.deepEqual(admin.asked, []);
});
