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
  "POST /v1/apply": { body: { applied: true, changes: [] } },
};

const DIFFERENCE = `~ blog
    limits.hookMs: 50 → 80
+ shop
    hosts: (none) → ["shop.example"]
`;

/** What was asked for beside what there is. */
const changesOf = (admin: FakeAdmin): unknown[] =>
  admin.asked.filter(({ call }) => !call.startsWith("GET ")).map(({ call, body }) => [call, body]);

const WANTED = {
  tenants: {
    blog: { hosts: ["blog.example"], limits: { hookMs: 80 } },
    shop: { hosts: ["shop.example"] },
  },
  revisions: { blog: 3, shop: 0 },
};

test("it shows the difference and applies all of it at once to what it has seen", async () => {
  await using admin = await FakeAdmin.start(answers);
  const { status, stdout, stderr } = await admin.sluice(["apply", "-f", "-", "--yes"], FILE);
  const done = "blog: changed\nshop: made\n";
  assert.deepEqual(
    { status, stdout, stderr },
    { status: 0, stdout: DIFFERENCE + done, stderr: "" },
  );
  assert.deepEqual(changesOf(admin), [["POST /v1/apply", { ...WANTED, dryRun: false }]]);
});

test("--dry-run shows it, has it checked, and changes nothing", async () => {
  await using admin = await FakeAdmin.start(answers);
  const { status, stdout } = await admin.sluice(["apply", "-f", "-", "--dry-run"], FILE);
  assert.deepEqual({ status, stdout }, { status: 0, stdout: DIFFERENCE });
  assert.deepEqual(changesOf(admin), [["POST /v1/apply", { ...WANTED, dryRun: true }]]);
});

test("--dry-run of what would be refused is status 1 with all that is wrong", async () => {
  const errors = [
    { field: "tenants.shop.hosts[0]", text: "expected a host of its own, got a" },
    { field: "tenants.blog", text: "expected revision 3, but it is 4" },
  ];
  const refusal = { status: 409, body: { title: "Conflict", detail: "Nothing changed.", errors } };
  await using admin = await FakeAdmin.start({ ...answers, "POST /v1/apply": refusal });
  const { status, stdout, stderr } = await admin.sluice(["apply", "-f", "-", "--dry-run"], FILE);
  assert.deepEqual({ status, stdout }, { status: 1, stdout: DIFFERENCE });
  assert.match(stderr, /refused \(409\): Nothing changed\.\n/);
  assert.match(stderr, /tenants\.shop\.hosts\[0\]: expected a host of its own, got a\n/);
  assert.match(stderr, /tenants\.blog: expected revision 3, but it is 4\n/);
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
  const tenants = { ...WANTED.tenants, gone: null };
  const revisions = { ...WANTED.revisions, gone: 9 };
  const wanted = { tenants, revisions, dryRun: false };
  assert.deepEqual(changesOf(admin), [["POST /v1/apply", wanted]]);
});

test("a change that somebody else made meanwhile is not overwritten", async () => {
  const refusal = {
    status: 412,
    body: { title: "Precondition Failed", detail: "It has changed." },
  };
  await using admin = await FakeAdmin.start({ ...answers, "POST /v1/apply": refusal });
  const { status, stderr } = await admin.sluice(["apply", "-f", "-", "--yes"], FILE);
  assert.equal(status, 1);
  assert.match(stderr, /refused \(412\): It has changed\./);
  assert.equal(changesOf(admin).length, 1);
});

test("a file of another shape is refused before anything is asked", async () => {
  await using admin = await FakeAdmin.start(answers);
  for (const [file, said] of [
    ["hosts: []\nlog: {}\n", /expected the key tenants alone, got hosts, log/],
    ["tenants: [a]\n", /Cannot use tenants of -: expected a mapping, got a list/],
    ["tenants: {a: {\n", /Cannot read standard input: expected YAML or JSON/],
  ] as const) {
    const { status, stderr } = await admin.sluice(["apply", "-f", "-"], file);
    assert.equal(status, 1);
    assert.match(stderr, said);
  }
  assert.deepEqual(admin.asked, []);
});
