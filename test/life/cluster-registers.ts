// Flags of a tenant as registers that proxies write and read, and the audit log as what was stored
// of it.

import assert from "node:assert/strict";
import type { Outcome, Registers, Stored } from "../support/cluster-history.ts";
import { call, type Json, list, TOKEN } from "./control.ts";
import type { TestProxy } from "./proxy.ts";

const REGISTER = /^r\d$/;
const PAGE = 500;

export const registersOf = (proxy: TestProxy): Registers => ({
  async put(register, value) {
    const { status, revision } = await asked(proxy, "PUT", `/${register}`, { value });
    return { outcome: outcomeOf(status), revision };
  },
  async get() {
    const { status, revision, isStale, body } = await asked(proxy, "GET", "");
    return status === 200 ? { values: registersIn(body), revision, isStale } : null;
  },
});

export async function valuesOf(proxy: TestProxy): Promise<ReadonlyMap<string, string>> {
  return (await registersOf(proxy).get())?.values ?? new Map();
}

/** The first ones first. */
export async function storedIn(proxy: TestProxy): Promise<readonly Stored[]> {
  const stored: Stored[] = [];
  for (let before = ""; ; ) {
    const path = `/audit?tenant=demo&limit=${PAGE}${before}`;
    const { status, body } = await call(proxy, ["GET", path]);
    assert.equal(status, 200, JSON.stringify(body));
    stored.push(...list(body.lines).flatMap(toStored));
    if (body.next === null) return stored.reverse();
    before = `&before=${Number(body.next)}`;
  }
}

function toStored({ action, target, detail }: Json): Stored[] {
  const register = String(target).replace(/^flag /, "");
  if (String(action) !== "flag.put" || !REGISTER.test(register)) return [];
  return [{ register, value: String(detail?.value), revision: Number(detail?.revision) }];
}

const outcomeOf = (status: number): Outcome =>
  status < 300 ? "acknowledged" : status === 504 ? "unknown" : "refused";

async function asked(proxy: TestProxy, method: string, path: string, body?: object) {
  const response = await fetch(`${proxy.admin}/v1/tenants/demo/flags${path}`, {
    method,
    headers: {
      authorization: `Bearer ${TOKEN}`,
      connection: "close",
      "content-type": "application/json",
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const answer: Json = text === "" ? {} : JSON.parse(text);
  const revision = Number(response.headers.get("sluice-revision") ?? 0);
  const isStale = response.headers.has("sluice-stale-since");
  return { status: response.status, revision, isStale, body: answer };
}

function registersIn({ flags }: Json): ReadonlyMap<string, string> {
  const found = list(flags).filter(({ name }) => REGISTER.test(String(name)));
  return new Map(found.map(({ name, value }) => [String(name), String(value)]));
}
