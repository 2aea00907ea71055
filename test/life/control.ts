// A real proxy with a store and an operator's token, and its admin API as a test calls it.

import type { TestProxy } from "./proxy.ts";

export const TOKEN = "the-token-of-tests-1";
export const WITH_TOKEN = { SLUICE_ADMIN_TOKEN: TOKEN };

/** Whatever the API answers, member by member. */
export interface Json {
  readonly [key: string]: Json;
}

/** A member that is a list. */
export function list(value: Json | undefined): readonly Json[] {
  if (Array.isArray(value)) return value;
  throw new TypeError(`expected a list, got ${JSON.stringify(value)}`);
}

export interface ApiAnswer {
  readonly status: number;
  readonly body: Json;
}

/** @param path behind `/v1` */
export async function call(
  proxy: TestProxy,
  [method, path]: readonly [string, string],
  body?: unknown,
  token: string = TOKEN,
  headers: Readonly<Record<string, string>> = {},
): Promise<ApiAnswer> {
  const response = await fetch(`${proxy.admin}/v1${path}`, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      connection: "close",
      ...headers,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text === "" ? {} : JSON.parse(text) };
}

/** Deploys one file to tenant demo. */
export const deploy = (proxy: TestProxy, source: string, rest: object = {}): Promise<ApiAnswer> =>
  call(proxy, ["POST", "/tenants/demo/deployments"], { files: { "main.ts": source }, ...rest });

/** A script whose every response says its version twice: as it began, and as it ends. */
export const versioned = (version: number | string): string => `
import { definePhases } from "sluice";
export default definePhases({
  newCtx: () => ({ began: "${version}" }),
  responseFilter(session, ctx) {
    session.response.headers.set("x-version", "${version} " + ctx.began);
  },
});
`;
