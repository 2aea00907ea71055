// The commands with which tenants change what runs for them: what each asks of the admin API, and
// what it prints.

import assert from "node:assert/strict";
import { test } from "node:test";
import { tryRows } from "./client-row.ts";
import { FakeAdmin } from "./fake-admin.ts";

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

tryRows([
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
    prints: "NAME  VALUE  SCOPE\nhits  12     node\n",
  },
  {
    line: "rate-limit get logins a/b --tenant shop",
    answers: {
      [`GET ${SHOP}/rate-limits/logins?key=a%2Fb`]: {
        body: { allowed: false, remaining: 0, retryAfterMs: 250 },
      },
    },
    prints: "logins of shop for a/b: refused for 250 ms\n",
  },
  {
    line: "upstream drain api 10.0.0.7:80 --tenant shop --within 500",
    answers: { [`PUT ${SHOP}/upstreams/api/peers/10.0.0.7%3A80`]: { status: 204 } },
    sends: { state: "draining", drainMs: 500 },
    prints: "10.0.0.7:80 of api is being drained\n",
  },
  {
    line: "rate-limit reset logins 192.0.2.1 --tenant shop -y",
    answers: { [`POST ${SHOP}/rate-limits/logins/reset`]: { status: 204 } },
    sends: { key: "192.0.2.1" },
    prints: "rate limit logins of shop is reset for 192.0.2.1\n",
  },
  {
    line: "memory-cache show --tenant shop",
    answers: {
      [`GET ${SHOP}/memory-cache`]: {
        body: { entries: 1, bytes: 300, hits: 7, misses: 2, loads: 1, evictions: 0 },
      },
    },
    prints:
      "ENTRIES  BYTES  HITS  MISSES  LOADS  EVICTIONS\n" +
      "1        300    7     2       1      0\n",
  },
  {
    line: "memory-cache get keys/1 --tenant shop",
    answers: {
      [`GET ${SHOP}/memory-cache/entry?key=keys%2F1`]: {
        body: { size: 40, isBytes: false, freshMs: 1_000, staleMs: 0 },
      },
    },
    prints: "keys/1 of shop: 40 characters of JSON, fresh for 1000 ms\n",
  },
  {
    line: "memory-cache reset keys --tenant shop -y",
    answers: { [`POST ${SHOP}/memory-cache/reset`]: { body: { removed: 1 } } },
    sends: { key: "keys" },
    prints: "1 removed from the memoryCache of shop\n",
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
    answers: {
      [`PUT ${SHOP}/traffic`]: { body: { ...TRAFFIC, stickyBy: { kind: "cookie", name: "sid" } } },
    },
    sends: { ...TRAFFIC, stickyBy: { kind: "cookie", name: "sid" } },
    prints: "version 7: 10 %\nversion 8: 90 %\nsticky by cookie:sid\n",
  },
  {
    line: "traffic --tenant shop",
    answers: {
      [`GET ${SHOP}/traffic`]: { body: { ...TRAFFIC, stickyBy: { kind: "address" } } },
    },
    prints: "version 7: 10 %\nversion 8: 90 %\nsticky by address\n",
  },
  {
    line: "rollback 6 --tenant shop --yes",
    answers: {
      [`POST ${SHOP}/rollback`]: {
        body: {
          versions: [{ version: 6, percent: 100 }],
          stickyBy: { kind: "cookie", name: "sid" },
        },
      },
    },
    sends: { version: 6 },
    prints: "version 6: 100 %\nsticky by cookie:sid\n",
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
]);

test("--json prints the answer for programs", async () => {
  const body = { counters: [{ name: "hits", value: 12, scope: "cluster" }] };
  await using admin = await FakeAdmin.start({ [`GET ${SHOP}/counters`]: { body } });
  const { stdout } = await admin.sluice(["counter", "list", "--tenant", "shop", "--json"]);
  assert.deepEqual(JSON.parse(stdout), body);
});

test("a name is one segment of the path, whatever is in it", async () => {
  await using admin = await FakeAdmin.start({});
  await admin.sluice(["tenant", "get", "../tokens?x=1"]);
  assert.equal(admin.asked[0]?.call, "GET /v1/tenants/..%2Ftokens%3Fx%3D1");
});
