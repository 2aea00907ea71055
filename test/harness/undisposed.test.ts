// Apps that a test does not give back: its run ends all the same, and they work as any other.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { load } from "sluice/test";
import { run } from "../support/program.ts";

const folder = mkdtempSync(join(tmpdir(), "sluice-undisposed-"));
after(() => rmSync(folder, { recursive: true }));

const script = join(folder, "main.ts");
writeFileSync(
  script,
  `import { definePhases } from "sluice";
   export default definePhases({
     async requestFilter({ request }) {
       if (request.path === "/loop") for (;;);
       await new Promise((resolve) => setTimeout(resolve, 1));
       return new Response("done");
     },
   });`,
);

/** The default, given in the open: what is honest beside what loops has all of it. */
const INSTANT = { limits: { hookMs: 50 } };

test("a run ends though nobody has disposed of its apps, one within a request", async () => {
  const main = join(folder, "run.mjs");
  const harness = new URL("../../src/cli/harness/load.ts", import.meta.url).href;
  writeFileSync(
    main,
    `import { load } from ${JSON.stringify(harness)};
     const apps = [];
     for (let i = 0; i < 2; i++) apps.push(await load(new URL("main.ts", import.meta.url)));
     const { response } = await apps[0].run();
     void apps[1].run().then(({ response }) => console.log(response.body));
     console.log(response.body);`,
  );
  const { status, stdout, stderr } = await run(process.execPath, [main]);
  assert.deepEqual([status, stderr, stdout], [0, "", "done\ndone\n"]);
});

test("an endless hook is ended in the first run, in the next, and among others", async () => {
  await using app = await load(script, INSTANT);
  const codeOf = async (url: string) => (await app.run({ url })).error?.code ?? "none";
  const failed = "script_timeout";
  assert.equal(await codeOf("/loop"), failed);
  const { error } = await app.run({ url: "/loop" });
  assert.match(error?.message ?? "", /, somewhere in the hook at main\.ts:3:12$/);
  assert.equal(await codeOf("/"), "none");
  assert.equal(await codeOf("/loop"), failed);
  const codes = await Promise.all(["/", "/loop", "/"].map(codeOf));
  assert.ok(codes.includes(failed), codes.join());
  assert.equal(await codeOf("/loop"), failed);
});
