// What tests of several proxies over one PostgreSQL stand on.

import assert from "node:assert/strict";
import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { parsePostgres } from "../../src/base/config/postgres.ts";
import { migratePostgres } from "../../src/control/store/postgres/migrate.ts";
import { KEY } from "../control/store-stand.ts";
import type { Postgres } from "../support/postgres.ts";
import { type ApiAnswer, call, WITH_TOKEN } from "./control.ts";
import { httpOrigin } from "./http-origin.ts";
import { oneTenant, type ProxyOptions, type TestProxy } from "./proxy.ts";

/** @param migrate  makes the tables */
export async function newStoreAt(postgres: Postgres, migrate = migrated): Promise<string> {
  const url = postgres.url(await postgres.database());
  await migrate(url);
  return url;
}

/** It has the tables of this release. */
export async function migrated(url: string): Promise<void> {
  const address = parsePostgres(url);
  if (address === null) throw new TypeError("expected the address of a PostgreSQL");
  await migratePostgres(address, null);
}

export const plainOrigin = () => httpOrigin((_request, response) => void response.end("plain"));

export const options = (store: string, origin: string, folder?: string): ProxyOptions => ({
  config: {
    ...oneTenant({ origin: [origin] }, { env: { NODE: nameOf(folder) }, rollback: ROLLBACK }),
    store,
    node: { name: nameOf(folder) },
  },
  env: { ...WITH_TOKEN, SLUICE_SECRETS_KEY: KEY },
  ...(folder === undefined ? {} : { folder }),
});

const nameOf = (folder?: string): string => (folder === undefined ? "one" : "two");

/** More than a test sends to one of two proxies. */
export const ROLLBACK = { minRequests: 40 };

/** Node's own client: `fetch` does not let a host be named. */
export async function statusOf({ port }: TestProxy, host: string): Promise<number | undefined> {
  const request = get({ port, host: "127.0.0.1", headers: { host, connection: "close" } });
  const [response]: IncomingMessage[] = await once(request, "response");
  response?.resume();
  return response?.statusCode;
}

/** For as long as a busy machine may need. */
const PATIENCE_MS = 60_000;

/** Waits until it is so. */
export async function until(isSo: () => Promise<boolean>): Promise<void> {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  while (!(await isSo())) {
    signal.throwIfAborted();
    await sleep(20);
  }
}

export const served = async (proxy: TestProxy): Promise<string | null> => {
  const response = await fetch(proxy.url, { headers: { connection: "close" } });
  await response.text();
  return response.headers.get("x-version");
};

export const ok = (answer: ApiAnswer): void =>
  assert.ok(answer.status < 300, `${answer.status} ${JSON.stringify(answer.body)}`);

/**
 * What becomes of a change while the store answers: on a busy machine it may be late with that, and
 * then nothing has changed.
 */
export async function answered(change: () => Promise<ApiAnswer>): Promise<ApiAnswer> {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  for (;;) {
    const answer = await change();
    if (answer.status !== 503 || signal.aborted) return answer;
    await sleep(100);
  }
}

export async function everywhere(proxies: readonly TestProxy[], version: string): Promise<void> {
  for (const proxy of proxies) await until(async () => (await served(proxy)) === version);
}

export const flag = (proxy: TestProxy, value: unknown): Promise<ApiAnswer> =>
  call(proxy, ["PUT", "/tenants/demo/flags/color"], { value });

export type Proxies = readonly [TestProxy, TestProxy];
