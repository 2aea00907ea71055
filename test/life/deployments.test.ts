// Deployments through the admin API of a real proxy: what goes live, what is refused and at which
// step, and that what serves goes on serving.

import assert from "node:assert/strict";
import { once } from "node:events";
import { get } from "node:http";
import { test } from "node:test";
import { call, deploy, list, versioned, WITH_TOKEN } from "./control.ts";
import { oneTenant, TestProxy } from "./proxy.ts";
import { SocketOrigin } from "./socket-origin.ts";
import { explains, tellsTesters } from "./testers.ts";

const start = (origin: SocketOrigin, tenant: object = {}, config: object = {}) =>
  TestProxy.start({
    config: { ...oneTenant({ origin: [origin.address] }, { ...tenant }), workers: 2, ...config },
    env: WITH_TOKEN,
  });

async function served(proxy: TestProxy, headers: Record<string, string> = {}) {
  const response = await fetch(proxy.url, { headers: { connection: "close", ...headers } });
  await response.text();
  return response.headers.get("x-version");
}

const IMPORT = 'import { definePhases } from "sluice";\n';
const EMPTY = "export default definePhases({});\n";

/** Each refused upload: the step that the answer names, and its first error. */
const REFUSED: readonly (readonly [string, object, RegExp])[] = [
  ["bundle", { files: { "main.ts": "export default {" } }, /^main\.ts:1:\d+: /],
  [
    "bundle",
    { files: { "main.ts": `${IMPORT}import "./lib/none.ts";\n${EMPTY}` } },
    /^main\.ts:2:8: Cannot import "\.\/lib\/none\.ts": it cannot be found/,
  ],
  ["bundle", { files: { "main.ts": `${IMPORT}import "jose";\n${EMPTY}` } }, /:2:8: .*package/],
  ["bundle", { files: { "main.ts": `import "../../etc/passwd";` } }, /cannot be found/],
  ["policy", { files: { "main.ts": EMPTY, "../a.ts": "" } }, /^\.\.\/a\.ts:1:1: .*\.\./],
  ["policy", { files: { "main.ts": EMPTY, "/a.ts": "" } }, /absolute/],
  ["policy", { files: { "main.ts": EMPTY, "a\0.ts": "" } }, /control characters/],
  ["policy", { files: { "a.ts": EMPTY } }, /^main\.ts:1:1: expected entry/],
  ["policy", { bundle: { code: "1", map: "{}" } }, /expected a bundle as sluice deploy/],
  [
    "bundle",
    { files: { "main.ts": `${IMPORT}log("${"x".repeat(1_100_000)}");\n${EMPTY}` } },
    /The bundle is too large/,
  ],
  ["start", { files: { "main.ts": `${IMPORT}for (;;);\n${EMPTY}` } }, /top level took over/],
  [
    "start",
    { files: { "main.ts": `${IMPORT}throw new Error("not today");\n${EMPTY}` } },
    /^main\.ts:2:7: .*not today/,
  ],
  [
    "start",
    { files: { "main.ts": `${IMPORT}"ab".repeat(2 ** 28).split("");\n${EMPTY}` } },
    /does not start|ended its process/,
  ],
  [
    "start",
    { files: { "main.ts": `${IMPORT}export default definePhases({ requestFliter() {} });` } },
    /"requestFliter" is not a hook.*did you mean requestFilter\?/,
  ],
  [
    "smoke",
    { files: { "main.ts": versioned(2) }, smoke: [{ path: "/", expect: { status: 404 } }] },
    /smoke request "GET \/": expected status 404, got 200/,
  ],
];

test("what is refused names its step and place, and what served goes on", async () => {
  await using origin = await SocketOrigin.start();
  await using proxy = await start(origin);
  const first = await deploy(proxy, versioned(1));
  assert.equal(first.status, 201, JSON.stringify(first.body));
  for (const [step, upload, pattern] of REFUSED) {
    const answer = await call(proxy, ["POST", "/tenants/demo/deployments"], upload);
    const text = JSON.stringify(answer.body);
    assert.equal(answer.status, 422, text);
    assert.match(String(answer.body.detail), new RegExp(`^Nothing changed: step ${step}: `));
    const [error] = list(answer.body.errors);
    assert.match(`${error?.file}:${error?.line}:${error?.column}: ${error?.text}`, pattern);
    assert.equal(await served(proxy), "1 1");
  }
  const history = await call(proxy, ["GET", "/tenants/demo/deployments"]);
  assert.deepEqual(
    list(history.body.deployments).map(({ version, state }) => [version, state]),
    [[1, "ready"]],
  );
});

async function warnsOfSecrets(proxy: TestProxy): Promise<void> {
  const reading = `import { definePhases, secret } from "sluice";
    export default definePhases({
      newCtx: () => ({}),
      responseFilter() { secret("api-key"); },
    });`;
  const unkeyed = await deploy(proxy, reading, { dryRun: true });
  assert.deepEqual(list(unkeyed.body.warnings), [
    {
      ...{ file: "main.ts", line: 4, column: 26 },
      text: "tenant demo has no secret api-key: sluice secret put api-key --tenant demo",
    },
  ]);
}

test("versions go live, back, and to testers, and the history tells of them", async () => {
  await using origin = await SocketOrigin.start();
  await using proxy = await start(origin);
  const answer = await deploy(proxy, versioned(1), { message: "first" });
  assert.deepEqual(answer.body.hooks, ["newCtx", "responseFilter"]);
  const fewer = await deploy(proxy, `${IMPORT}${EMPTY}`, { dryRun: true });
  assert.deepEqual(
    list(fewer.body.warnings).map(({ text }) => text),
    [
      "it has no newCtx, no responseFilter, unlike v1 before it, nor any other hook: " +
        "requests pass as they are",
    ],
  );
  await warnsOfSecrets(proxy);
  const smoke = [
    { path: "/", expect: { status: 200, headers: { "x-version": "2 2" }, upstream: "origin" } },
  ];
  assert.equal((await deploy(proxy, versioned(2), { smoke, dryRun: true })).status, 200);
  assert.equal(await served(proxy), "1 1", "a dry run serves nothing");
  assert.equal((await deploy(proxy, versioned(2), { smoke })).body.version, 2);
  assert.equal(await served(proxy), "2 2");

  assert.equal((await deploy(proxy, versioned(3), { percent: 0 })).body.version, 3);
  assert.equal(await served(proxy), "2 2");
  const pass = await call(proxy, ["POST", "/tenants/demo/deployments/3/pass"], {});
  const tester = { [String(pass.body.header)]: String(pass.body.value) };
  assert.equal(await served(proxy, tester), "3 3");
  assert.equal(await served(proxy, { "sluice-version": "3" }), "2 2");
  await tellsTesters(proxy, tester);
  await explains(proxy, tester, origin.address);

  const back = await call(proxy, ["POST", "/tenants/demo/rollback"], {});
  assert.deepEqual(back.body.versions, [{ version: 1, percent: 100 }]);
  assert.equal(await served(proxy), "1 1");
  const sources = await call(proxy, ["GET", "/tenants/demo/deployments/2"]);
  assert.deepEqual(sources.body.files, { "main.ts": versioned(2) });
  assert.equal((await call(proxy, ["POST", "/tenants/demo/rollback"], {})).status, 409);
  const missing = await call(proxy, ["POST", "/tenants/demo/rollback"], { version: 9 });
  assert.equal(missing.status, 404);
  assert.equal((await call(proxy, ["POST", "/tenants/none/rollback"], {})).status, 404);

  const token = await call(proxy, ["POST", "/tokens"], { role: "reader", tenant: "demo" });
  const other = { hosts: ["other.test"], upstreams: { one: { peers: [origin.address] } } };
  assert.equal((await call(proxy, ["PUT", "/tenants/other"], other)).status, 201);
  await call(proxy, ["GET", "/tenants"], undefined, "a-token-of-nobody");
  await proxy.waitFor(({ msg, target }) => msg === "logins are refused" && target !== undefined);
  const changes = proxy.lines.filter(({ msg }) => msg === "changed");
  assert.deepEqual(
    changes.map(({ action, target, tenant }) => [action, target, tenant]),
    [
      ["deployment.create", "version 1", "demo"],
      ["traffic.set", "version 1", "demo"],
      ["deployment.create", "version 2", "demo"],
      ["traffic.set", "version 2", "demo"],
      ["deployment.create", "version 3", "demo"],
      ["traffic.set", "version 3", "demo"],
      ["traffic.rollback", "version 1", "demo"],
      ["token.create", `token ${token.body.id}`, "demo"],
      ["tenant.put", "tenant other", "other"],
    ],
  );
  assert.ok(changes.every(({ actor }) => actor === changes[0]?.actor && actor !== undefined));
});

test("one cookie always sees one version, also when shares grow", async () => {
  await using origin = await SocketOrigin.start();
  await using proxy = await start(origin);
  await deploy(proxy, versioned(1));
  await deploy(proxy, versioned(2));
  const share = async (percent: number) => {
    const versions = [
      { version: 1, percent: 100 - percent },
      { version: 2, percent },
    ];
    const stickyBy = { kind: "cookie", name: "sid" };
    const put = await call(proxy, ["PUT", "/tenants/demo/traffic"], { versions, stickyBy });
    assert.equal(put.status, 200, JSON.stringify(put.body));
  };
  const seen = async () => {
    const all: string[] = [];
    for (let i = 0; i < 30; i++) all.push((await served(proxy, { cookie: `sid=${i}` })) ?? "");
    return all;
  };
  await share(30);
  const before = await seen();
  assert.deepEqual(await seen(), before);
  assert.equal(new Set(before).size, 2);
  await share(70);
  const after = await seen();
  assert.deepEqual(
    before.filter((version, i) => version === "2 2" && after[i] !== "2 2"),
    [],
  );
});

test("a worker that is not ready in time is 504, and nothing changed", async () => {
  await using origin = await SocketOrigin.start();
  const spinning = { hosts: ["spin.test"], script: "spin.ts", limits: { hookMs: 800 } };
  // since a hook of this one may, a worker that spins for long on a busy machine is not yet stuck
  const base = oneTenant({ origin: [origin.address] }, { limits: { hookMs: 10_000 } });
  const upstreams = { origin: { peers: [origin.address] } };
  const tenants = { ...Object(base.tenants), spin: { ...spinning, upstreams } };
  await using proxy = await TestProxy.start({
    files: {
      "spin.ts": `${IMPORT}export default definePhases({ requestFilter() { for (;;); } });`,
    },
    config: { tenants, timeouts: { prepareMs: 300 } },
    env: WITH_TOKEN,
  });
  // fetch would send the Host of the URL
  const spin = () =>
    once(get(proxy.url, { headers: { host: "spin.test" }, agent: false }), "response");
  const spins = [spin()];
  let answer = await deploy(proxy, versioned(1));
  // until a request that keeps the worker busy has got there, and is there for long enough
  while (answer.status === 201) {
    spins.push(spin());
    answer = await deploy(proxy, versioned(2));
  }
  assert.equal(answer.status, 504, JSON.stringify(answer.body));
  assert.match(String(answer.body.detail), /step prepare: .*timeouts\.prepareMs/);
  for (const [killed] of await Promise.all(spins)) killed.resume();
  const history = await call(proxy, ["GET", "/tenants/demo/deployments"]);
  const states = list(history.body.deployments).map(({ state }) => String(state));
  assert.deepEqual(
    states.filter((state) => state !== "ready"),
    [],
    "nothing of it is stored",
  );
  // on a busy machine so short a time is over before an idle worker is ready, too
  await proxy.configure({ tenants });
  proxy.signal("SIGHUP");
  await proxy.waitFor(({ msg }) => msg === "reloaded");
  answer = await deploy(proxy, versioned(3));
  assert.equal(answer.status, 201, JSON.stringify(answer.body));
  assert.equal(await served(proxy), "3 3");
});
