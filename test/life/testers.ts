// What testers and those who ask are told of a proxy that deals version 2 to clients and 3 to who
// has a pass.

import assert from "node:assert/strict";
import { call } from "./control.ts";
import type { TestProxy } from "./proxy.ts";

/** Whoever has a pass, and nobody else, hears where the time went. */
export async function tellsTesters(
  proxy: TestProxy,
  tester: Record<string, string>,
): Promise<void> {
  const timingOf = async (headers: Record<string, string>) => {
    const response = await fetch(proxy.url, { headers: { connection: "close", ...headers } });
    await response.text();
    return response.headers.get("server-timing");
  };
  const timing = (await timingOf(tester)) ?? "";
  const names = timing.split(", ").map((one) => /^([\w+-]+);dur=\d+(?:\.\d+)?$/.exec(one)?.[1]);
  for (const name of ["newCtx", "responseFilter", "connect", "upstream", "total"]) {
    assert.ok(names.includes(`sluice-${name}`), timing);
  }
  assert.ok(!names.includes(undefined), timing);
  assert.equal(await timingOf({}), null);
  assert.equal(await timingOf({ "sluice-version": "3" }), null);
}

/** … and what would become of a request is told as it is. */
export async function explains(
  proxy: TestProxy,
  headers: Record<string, string>,
  address: string,
): Promise<void> {
  const explained = async (asked: object) =>
    (await call(proxy, ["POST", "/tenants/demo/explain"], { url: proxy.url, ...asked })).body;
  const [plain, tested] = [await explained({}), await explained({ headers })];
  assert.partialDeepStrictEqual(plain.version, { version: 2, percent: 100, by: "share" });
  const hooks = ["newCtx", "responseFilter"];
  assert.partialDeepStrictEqual(tested.version, { version: 3, percent: 0, by: "pass", hooks });
  const peers = [{ address, state: "up", active: 0 }];
  assert.deepEqual(tested.upstream, { group: "origin", balance: "round-robin", peers });
  assert.equal(tested.end, null);
}
