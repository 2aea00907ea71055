// The commands of operators: what each asks of the admin API, and what it prints.

import { tryRows } from "./client-row.ts";

const SHOP = "/v1/tenants/shop";
const AT = Date.UTC(2026, 0, 2, 3, 4, 5);

tryRows([
  {
    line: "tenant list",
    answers: {
      "GET /v1/tenants": {
        body: {
          tenants: [
            { name: "shop", origin: "api", revision: 1, suspended: true, hosts: ["a.example"] },
            {
              ...{
                name: "tea",
                origin: "api",
                revision: 2,
                suspended: false,
                hosts: ["b.example"],
              },
              ...{ state: "out-of-service", reason: "version 1: it did not start" },
            },
          ],
        },
      },
    },
    prints:
      "NAME  FROM  REVISION  STATE           HOSTS      WHY\n" +
      "shop  api   1         suspended       a.example\n" +
      "tea   api   2         out of service  b.example  version 1: it did not start\n",
  },
  {
    line: "tenant get shop",
    answers: {
      [`GET ${SHOP}`]: {
        body: {
          ...{ name: "shop", origin: "api", revision: 1, suspended: false },
          ...{ state: "out-of-service", reason: "version 1: it did not start" },
          settings: { hosts: ["a.example"] },
        },
      },
    },
    prints: "# revision 1\n# out of service: version 1: it did not start\nhosts:\n  - a.example\n",
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
    line: "audit --actor token:1 --action flag --since 2026-01-02T03:04:05Z --until 2026-01-03T00:00:00Z",
    answers: {
      [`GET /v1/audit?actor=token%3A1&action=flag&from=${AT}&to=${Date.UTC(2026, 0, 3)}&limit=50`]:
        {
          body: { lines: [], next: null },
        },
    },
    prints: "nothing like that has been changed\n",
  },
  {
    line: "audit --action flag --limit 3",
    answers: {
      "GET /v1/audit?action=flag&limit=3": { body: { lines: [], next: 900_001 } },
      "GET /v1/audit?action=flag&limit=3&before=900001": {
        body: {
          lines: [
            {
              ...{ id: 850_000, atMs: AT, actor: "file", action: "flag.put", tenant: null },
              ...{ target: "flag banner", detail: {} },
            },
          ],
          next: 800_001,
        },
      },
      "GET /v1/audit?action=flag&limit=2&before=800001": { body: { lines: [], next: null } },
    },
    prints:
      "TIME                 WHO   WHAT      TENANT  TARGET       DETAIL\n" +
      "2026-01-02 03:04:05  file  flag.put          flag banner\n",
  },
  {
    line: "tenant limits shop",
    answers: {
      [`GET ${SHOP}/limits`]: {
        body: {
          limits: [
            { name: "hostCalls", limit: 10_000, used: 500, isMost: true, bounds: "What it asks." },
            { name: "counters", limit: 0, used: 0, isMost: false, bounds: "Names." },
            { name: "hookMs", limit: 50, used: null, isMost: false, bounds: "One call." },
          ],
        },
      },
    },
    prints:
      "LIMIT      AT MOST  USED   SHARE  BOUNDS\n" +
      "hostCalls  10000    500 *  5 %    What it asks.\n" +
      "counters   0        0             Names.\n" +
      "hookMs     50                     One call.\n" +
      "* by one request, the most since settings or versions changed; else now\n",
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
]);
