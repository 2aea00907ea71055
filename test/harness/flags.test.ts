// `flag` and `secret` in the real runtime, as a script's own test gives them.

import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { it } from "node:test";
import type { LoadOptions, TestApp } from "../../sdk/test.ts";
import { load } from "../../src/cli/harness/load.ts";

async function withScript(
  { hook, top = "" }: { readonly hook: string; readonly top?: string },
  options: LoadOptions,
  use: (app: TestApp) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "sluice-flags-"));
  try {
    const file = join(folder, "main.ts");
    await writeFile(
      file,
      `import { definePhases, flag, secret } from "sluice";\n${top}
       export default definePhases({ requestFilter() { ${hook} } });`,
    );
    await using app = await load(file, options);
    await use(app);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const bodyOf = async (app: TestApp): Promise<string> => (await app.run()).response?.body ?? "";

it("a flag has its fallback until it is set, and again when it is deleted", async () => {
  await withScript({ hook: `return new Response(String(flag("on", false)));` }, {}, async (app) => {
    assert.equal(await bodyOf(app), "false");
    app.setFlag("on", true);
    assert.equal(await bodyOf(app), "true");
    app.setFlag("on", "yes");
    assert.equal(await bodyOf(app), "false", "text is no boolean");
    app.setFlag("on", undefined);
    assert.equal(await bodyOf(app), "false");
  });
});

it("names of Object.prototype are no flags and no secrets", async () => {
  const hook = `
    try { secret("constructor"); return new Response("found"); }
    catch { return new Response(String(flag("toString", "fallback"))); }`;
  await withScript({ hook }, {}, async (app) => assert.equal(await bodyOf(app), "fallback"));
});

it("a flag's value cannot be changed by one request for the next", async () => {
  const hook = `
    const list = flag("list", [0]);
    try { list.push(9); } catch {}
    return new Response(JSON.stringify(list));`;
  await withScript({ hook }, { flags: { list: [1, [2]] } }, async (app) => {
    assert.equal(await bodyOf(app), "[1,[2]]");
    assert.equal(await bodyOf(app), "[1,[2]]");
  });
});

it("a secret that is missing throws its name", async () => {
  const hook = `return new Response(secret("there") + secret("missing"));`;
  await withScript({ hook }, { secrets: { there: "x" } }, async (app) => {
    const { response, error } = await app.run();
    assert.equal(response?.status, 500);
    assert.match(error?.message ?? "", /secret missing: there is none/);
  });
});

it("both are refused at the top level, which would miss every change", async () => {
  for (const top of [`const on = flag("on", false);`, `const key = secret("key");`]) {
    const started = withScript({ hook: "return undefined;", top }, {}, async () => {});
    await assert.rejects(started, /read it in a hook; the top level runs once/);
  }
});
