// Uploads side by side: one tenant's cannot fill the memory of the proxy, nor keep another's out.

import assert from "node:assert/strict";
import { type ClientRequest, request } from "node:http";
import { it } from "node:test";
import { ApiStand } from "./stand.ts";

const path = (tenant: string): string => `/v1/tenants/${tenant}/deployments`;

/** An upload that never arrives whole. */
function begun(stand: ApiStand, tenant: string, token: string): ClientRequest {
  const headers = {
    authorization: `Bearer ${token}`,
    "content-type": "application/json",
    "content-length": "12000000",
  };
  const upload = request(`${stand.url}${path(tenant)}`, { method: "POST", headers, agent: false });
  upload.on("error", () => {});
  upload.write("{");
  return upload;
}

it("a tenant has so many uploads under way and no more, and another is let in", async () => {
  await using stand = await ApiStand.start();
  await stand.make("greedy");
  await stand.make("modest");
  const greedy = await stand.token("deployer", "greedy");
  const modest = await stand.token("deployer", "modest");
  const call = (tenant: string, token: string) =>
    stand.call("POST", path(tenant), { token, body: { files: {} } });
  const uploads = Array.from({ length: 8 }, () => begun(stand, "greedy", greedy));
  // they arrive when they do
  let refused = await call("greedy", greedy);
  while (refused.status !== 429) refused = await call("greedy", greedy);
  assert.match(refused.json().detail ?? "", /^Expected as many calls with a body as there may be/);
  assert.equal(refused.headers.get("retry-after"), "1");
  assert.equal((await call("modest", modest)).status, 422);

  // what is over makes room again
  for (const upload of uploads) {
    const closed = new Promise((resolve) => upload.once("close", resolve));
    upload.destroy();
    await closed;
  }
  while ((await call("greedy", greedy)).status === 429);
});
