// A proxy that is killed in the middle of deployments, again and again, on one store.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { call, deploy, list, versioned, WITH_TOKEN } from "../life/control.ts";
import { oneTenant, TestProxy } from "../life/proxy.ts";
import { SocketOrigin } from "../life/socket-origin.ts";

/** What is wrong, a line each. */
export async function killWhileDeploying(rounds: number): Promise<string[]> {
  await using origin = await SocketOrigin.start();
  const folder = await mkdtemp(join(tmpdir(), "sluice-kills-"));
  const wrong: string[] = [];
  try {
    let last = 0;
    for (let round = 0; round < rounds; round++) {
      const options = { config: oneTenant({ origin: [origin.address] }), env: WITH_TOKEN, folder };
      await using proxy = await TestProxy.start(options);
      wrong.push(...(await lost(proxy, last, round)));
      last = await deployUntilKilled(proxy, last, round);
    }
    const options = { config: oneTenant({ origin: [origin.address] }), env: WITH_TOKEN, folder };
    await using proxy = await TestProxy.start(options);
    wrong.push(...(await lost(proxy, last, rounds)));
  } finally {
    await rm(folder, { recursive: true });
  }
  return wrong;
}

/** Each script answers with the number of its deployment. Resolves to the last acknowledged one. */
async function deployUntilKilled(proxy: TestProxy, from: number, round: number): Promise<number> {
  let last = from;
  // each round at another moment: after some deployments, some way into the next one
  const whole = round % 3;
  for (let i = 0; i < whole; i++) {
    const { status, body } = await deploy(proxy, versioned(last + 1));
    if (status !== 201) throw new Error(JSON.stringify(body));
    last = Number(body.version);
  }
  const cut = deploy(proxy, versioned(last + 1)).then(
    ({ status, body }) => (status === 201 ? Number(body.version) : last),
    () => last,
  );
  await new Promise((resolve) => setTimeout(resolve, (round * 7) % 120));
  proxy.signal("SIGKILL");
  await proxy.exited();
  return await cut;
}

/** The last acknowledged deployment is there, and it, or one that was cut off after it, serves. */
async function lost(proxy: TestProxy, last: number, round: number): Promise<string[]> {
  const history = await call(proxy, ["GET", "/tenants/demo/deployments?limit=100"]);
  const states = new Map(
    list(history.body.deployments).map(({ version, state }) => [Number(version), String(state)]),
  );
  if (last === 0) return [];
  const wrong = states.get(last) === "ready" ? [] : [`${round}: ${last} is ${states.get(last)}`];
  const response = await fetch(proxy.url, { headers: { connection: "close" } });
  await response.text();
  const traffic = await call(proxy, ["GET", "/tenants/demo/traffic"]);
  const serving = Number(list(traffic.body.versions)[0]?.version);
  if (serving < last) wrong.push(`${round}: ${serving} serves rather than ${last}`);
  const shown = response.headers.get("x-version") ?? "";
  if (!/^(\d+) \1$/.test(shown)) wrong.push(`${round}: answered by ${shown}`);
  return wrong;
}
