// The commands that talk to a running proxy: what each asks of the admin API, and what it prints.

import assert from "node:assert/strict";
import { test } from "node:test";
import { type Answers, FakeAdmin } from "./fake-admin.ts";

const SHOP = "/v1/tenants/shop";
const AT = Date.UTC(2026, 0, 2, 3, 4, 5);

const DEPLOYMENT = {
  version: 7,
  state: "ready",
  reason: "",
  percent: 10,
  origin: "api",
  author: "token:1",
  message: "new checkout",
  sha256: "ab".repeat(32),
  bytes: 1_234,
  hooks: ["requestFilter"],
  breaker: "closed",
  createdAt: new Date(AT).toISOString(),
};
const TRAFFIC = {
  versions: [
    { version: 7, percent: 10 },
    { version: 8, percent: 90 },
  ],
};

interface Row {
  readonly line: string;
  readonly answers: Answers;
  /** Body of the last call. */
  readonly sends?: unknown;
  readonly prints: string;
  readonly input?: string;
}

const ROWS: readonly Row[] = [
  {
    line: "secret put api-key --tenant shop",
    input: "hush\n",
    answers: { [`PUT ${SHOP}/secrets/api-key`]: { body: { name: "api-key", changedAtMs: AT } } },
    sends: { value: "hush" },
    prints: "secret api-key of shop is set\n",
  },
  {
    line: "secret list --tenant shop",
    answers: {
      [`GET ${SHOP}/secrets`]: { body: { secrets: [{ name: "api-key", changedAtMs: AT }] } },
    },
    prints: "NAME     CHANGED\napi-key  2026-01-02 03:04:05\n",
  },
  {
    line: "secret delete api-key --tenant shop --yes",
    answers: { [`DELETE ${SHOP}/secrets/api-key`]: { status: 204 } },
    prints: "secret api-key of shop is deleted\n",
  },
  {
    line: 'flag put banner {"text":"Sale"} --tenant shop',
    answers: { [`PUT ${SHOP}/flags/banner`]: { body: {} } },
    sends: { value: { text: "Sale" } },
    prints: 'flag banner of shop is {"text":"Sale"}\n',
  },
  {
    line: "flag put banner on --tenant shop",
    answers: { [`PUT ${SHOP}/flags/banner`]: { body: {} } },
    sends: { value: "on" },
    prints: 'flag banner of shop is "on"\n',
  },
  {
    line: "flag get banner --tenant shop",
    answers: {
      [`GET ${SHOP}/flags`]: { body: { flags: [{ name: "banner", value: 3, changedAtMs: AT }] } },
    },
    prints: "3\n",
  },
  {
    line: "flag list --tenant shop",
    answers: { [`GET ${SHOP}/flags`]: { body: { flags: [] } } },
    prints: "no flags\n",
  },
  {
    line: "flag delete banner --tenant shop -y",
    answers: { [`DELETE ${SHOP}/flags/banner`]: { status: 204 } },
    prints: "flag banner of shop is deleted\n",
  },
  {
    line: "counter put hits 0 --tenant shop",
    answers: { [`PUT ${SHOP}/counters/hits`]: { body: {} } },
    sends: { value: 0 },
    prints: "counter hits of shop is 0\n",
  },
  {
    line: "counter get hits --tenant shop",
    answers: { [`GET ${SHOP}/counters`]: { body: { counters: [{ name: "hits", value: 12 }] } } },
    prints: "12\n",
  },
  {
    line: "counter list --tenant shop",
    answers: { [`GET ${SHOP}/counters`]: { body: { counters: [{ name: "hits", value: 12 }] } } },
    prints: "NAME  VALUE\nhits  12\n",
  },
  {
    line: "deployments list --tenant shop",
    answers: { [`GET ${SHOP}/deployments`]: { body: { deployments: [DEPLOYMENT], next: null } } },
    prints:
      "VERSION  STATE  SHARE  CREATED              FROM  AUTHOR   MESSAGE\n" +
      "7        ready  10 %   2026-01-02 03:04:05  api   token:1  new checkout\n",
  },
  {
    line: "deployments status --tenant shop",
    answers: {
      [`GET ${SHOP}/traffic`]: { body: TRAFFIC },
      [`GET ${SHOP}/deployments`]: { body: { deployments: [DEPLOYMENT], next: null } },
    },
    prints: "version 7: 10 %\nversion 8: 90 %\nnewest: version 7, ready\n",
  },
  {
    line: "traffic 7=10 v8=90% --tenant shop --sticky-by cookie:sid",
    answers: { [`PUT ${SHOP}/traffic`]: { body: TRAFFIC } },
    sends: { ...TRAFFIC, stickyBy: { kind: "cookie", name: "sid" } },
    prints: "version 7: 10 %\nversion 8: 90 %\n",
  },
  {
    line: "traffic --tenant shop",
    answers: { [`GET ${SHOP}/traffic`]: { body: TRAFFIC } },
    prints: "version 7: 10 %\nversion 8: 90 %\n",
  },
  {
    line: "rollback 6 --tenant shop --yes",
    answers: {
      [`POST ${SHOP}/rollback`]: { body: { versions: [{ version: 6, percent: 100 }] } },
    },
    sends: { version: 6 },
    prints: "version 6: 100 %\n",
  },
  {
    line: "deployments pass 8 --tenant shop --hours 2",
    answers: {
      [`POST ${SHOP}/deployments/8/pass`]: {
        status: 201,
        body: { header: "sluice-version", value: "8.x", expiresAt: "2026-01-02T00:00:00Z" },
      },
    },
    sends: { validS: 7_200 },
    prints: "sluice-version: 8.x\n",
  },
  {
    line: "deployments enable --tenant shop",
    answers: { [`POST ${SHOP}/enable`]: { body: { version: 8 } } },
    prints: "version 8 of shop is enabled\n",
  },
  {
    line: "tenant list",
    answers: {
      "GET /v1/tenants": {
        body: {
          tenants: [
            { name: "shop", origin: "api", revision: 1, suspended: true, hosts: ["a.example"] },
          ],
        },
      },
    },
    prints: "NAME  FROM  REVISION  STATE      HOSTS\nshop  api   1         suspended  a.example\n",
  },
  {
    line: "tenant get shop",
    answers: {
      [`GET ${SHOP}`]: {
        body: {
          ...{ name: "shop", origin: "api", revision: 1, suspended: false },
          settings: { hosts: ["a.example"] },
        },
      },
    },
    prints: "# revision 1\nhosts:\n  - a.example\n",
  },
  {
    line: "tenant put shop -f -",
    input: "hosts: [a.example]\n",
    answers: {
      [`PUT ${SHOP}`]: {
        status: 201,
        body: { name: "shop", origin: "api", revision: 1, suspended: false, settings: {} },
      },
    },
    sends: { hosts: ["a.example"] },
    prints: "tenant shop serves, revision 1\n",
  },
  {
    line: "audit --tenant shop --limit 1",
    answers: {
      "GET /v1/audit?tenant=shop&limit=1": {
        body: {
          lines: [
            {
              ...{ id: 4, atMs: AT, actor: "token:1", action: "flag.put", tenant: "shop" },
              ...{ target: "flag banner", detail: { value: 3 } },
            },
          ],
          next: 4,
        },
      },
    },
    prints:
      "TIME                 WHO      WHAT      TENANT  TARGET       DETAIL\n" +
      '2026-01-02 03:04:05  token:1  flag.put  shop    flag banner  {"value":3}\n',
  },
  {
    line: "tenant delete shop --yes",
    answers: { [`DELETE ${SHOP}`]: { status: 204 } },
    prints: "tenant shop is deleted\n",
  },
  {
    line: "token create --role deployer --tenant shop",
    answers: { "POST /v1/tokens": { status: 201, body: { id: "1", token: "sluice_x" } } },
    sends: { role: "deployer", tenant: "shop" },
    prints: "sluice_x\n",
  },
  {
    line: "token list",
    answers: {
      "GET /v1/tokens": {
        body: {
          tokens: [{ id: "1", role: "reader", tenant: null, createdAtMs: AT, expiresAtMs: null }],
        },
      },
    },
    prints:
      "ID  ROLE    TENANT  CREATED              EXPIRES\n" +
      "1   reader  (all)   2026-01-02 03:04:05  never\n",
  },
  {
    line: "token revoke 1 --yes",
    answers: { "DELETE /v1/tokens/1": { status: 204 } },
    prints: "token 1 is revoked\n",
  },
];

for (const { line, answers, sends, prints, input } of ROWS) {
  test(`\`sluice ${line}\` asks for that, and prints what came of it`, async () => {
    await using admin = await FakeAdmin.start(answers);
    const { status, stdout, stderr } = await admin.sluice(line.split(" "), input);
    assert.deepEqual({ status, stdout }, { status: 0, stdout: prints }, stderr);
    assert.deepEqual(
      admin.asked.map(({ call }) => call),
      Object.keys(answers),
    );
    assert.equal(admin.asked.at(-1)?.authorization, "Bearer secret-token");
    if (sends !== undefined) assert.deepEqual(admin.asked.at(-1)?.body, sends);
  });
}

test("--json prints the answer for programs", async () => {
  const body = { counters: [{ name: "hits", value: 12 }] };
  await using admin = await FakeAdmin.start({ [`GET ${SHOP}/counters`]: { body } });
  const { stdout } = await admin.sluice(["counter", "list", "--tenant", "shop", "--json"]);
  assert.deepEqual(JSON.parse(stdout), body);
});

test("a name is one segment of the path, whatever is in it", async () => {
  await using admin = await FakeAdmin.start({});
  await admin.sluice(["tenant", "get", "../tokens?x=1"]);
  assert.equal(admin.asked[0]?.call, "GET /v1/tenants/..%2Ftokens%3Fx%3D1");
});
