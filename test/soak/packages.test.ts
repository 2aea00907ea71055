// The packages from npm that filters are written with, unchanged, bundled as any script is and
// called in both lanes; and those that cannot work, each refused in words that say what to do. The
// tables are in the folder beside this.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { promisify } from "node:util";
import { bundleScript } from "../../src/control/bundle.ts";
import { LANES } from "../life/fetch-stand.ts";
import { TestProxy } from "../life/proxy.ts";
import { exchange } from "../life/raw-client.ts";
import { DATA } from "./packages/data.ts";
import { FETCHING } from "./packages/fetching.ts";
import { HTTP } from "./packages/http.ts";
import { packagesOrigin } from "./packages/origin.ts";
import type { PackageCase } from "./packages/package-case.ts";
import { REFUSED } from "./packages/refused.ts";
import { TEXT } from "./packages/text.ts";
import { TOKENS } from "./packages/tokens.ts";

const WORKING = [...HTTP, ...TOKENS, ...FETCHING, ...DATA, ...TEXT];
const LATE = REFUSED.filter(({ at }) => at === "call");

type Case = Omit<PackageCase, "gives">;

/** What a file, a tenant and a host of it are called. */
const nameOf = ({ packages }: Case): string =>
  (packages[0] ?? "")
    .replace(/^@/, "")
    .replace(/@.*/, "")
    .replaceAll(/[^a-z0-9]/g, "-");

/** Names of those that are refused are apart: some packages work in part. */
const CASES = new Map<string, Case>([
  ...WORKING.map((each) => [nameOf(each), each] as const),
  ...REFUSED.map((each) => [`no-${nameOf(each)}`, each] as const),
]);

const scriptOf = ({ imports, does }: Case): string => `import { definePhases, env } from "sluice";
${imports}
export default definePhases({
  async requestFilter() {
    try {
      return Response.json(await (${does}));
    } catch (error) {
      return new Response(error.name + ": " + error.message, { status: 500 });
    }
  },
});
`;

const folder = await mkdtemp(join(tmpdir(), "sluice-packages-"));
after(() => rm(folder, { recursive: true, force: true }));
await writeFile(join(folder, "package.json"), '{"private":true}');
const wanted = new Set([...CASES.values()].flatMap(({ packages }) => packages));
const flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
await promisify(execFile)("npm", ["install", ...flags, ...wanted], { cwd: folder });
for (const [name, each] of CASES) await writeFile(join(folder, `${name}.ts`), scriptOf(each));

const origin = await packagesOrigin();
after(() => origin[Symbol.asyncDispose]());

const tenantOf = (name: string, isolation: string) => ({
  ...{ hosts: [`${name}.example`], script: `${name}.ts`, isolation, egress: ["127.0.0.1"] },
  env: { ORIGIN: `http://${origin.address}` },
  // what they are called for costs some ms; what they are made of, much more, and once
  limits: { hookMs: 5_000, requestCpuMs: 30_000 },
});

async function startIn(isolation: string): Promise<TestProxy> {
  const names = [...WORKING.map(nameOf), ...LATE.map((each) => `no-${nameOf(each)}`)];
  const tenants = Object.fromEntries(names.map((name) => [name, tenantOf(name, isolation)]));
  return await TestProxy.start({ folder, config: { tenants } });
}

async function ask(proxy: TestProxy, name: string): Promise<{ status: number; body: string }> {
  const head = `GET / HTTP/1.1\r\nHost: ${name}.example\r\nConnection: close\r\n\r\n`;
  const { status, body } = await exchange(proxy.port, head);
  return { status, body: Buffer.from(body, "latin1").toString() };
}

test("at least fifty packages work", () => {
  assert.ok(new Set(WORKING.map(nameOf)).size === WORKING.length && WORKING.length >= 50);
});

for (const { packages, at, says, because, ...rest } of REFUSED) {
  if (at !== "bundling") continue;
  test(`${packages[0]} is refused when it is bundled. ${because}`, async () => {
    const name = `no-${nameOf({ packages, ...rest })}`;
    const bundle = await bundleScript(join(folder, `${name}.ts`));
    assert.ok(!bundle.ok, "it can be bundled: try what it does");
    const texts = bundle.errors.map(({ text }) => text);
    assert.ok(
      texts.some((text) => says.test(text)),
      texts.join("\n"),
    );
  });
}

for (const lane of LANES) {
  test(`${lane}: what packages do`, async (t) => {
    await using proxy = await startIn(lane);
    for (const each of WORKING) {
      await t.test(`${each.packages.join(", ")}`, async () => {
        const { status, body } = await ask(proxy, nameOf(each));
        assert.equal(status, 200, body);
        assert.deepEqual(JSON.parse(body), each.gives);
      });
    }
    for (const each of LATE) {
      await t.test(`${each.packages[0]} cannot. ${each.because}`, async () => {
        const { status, body } = await ask(proxy, `no-${nameOf(each)}`);
        assert.equal(status, 500, body);
        assert.match(body, each.says);
      });
    }
  });
}
