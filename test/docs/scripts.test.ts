// Blocks marked `ts script` or `ts operator` in the documentation are scripts: they bundle and
// satisfy the type checker. One with a name is that file of scripts/, word for word.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { globSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { test } from "node:test";
import { bundleScript } from "../../src/control/bundle.ts";
import { pages, ROOT } from "./markdown.ts";

const MARK = /^ts (?:script|operator)(?:=(.+))?$/;

const scripts = pages.flatMap(({ path, blocks }) =>
  blocks
    .filter(({ info }) => MARK.test(info))
    .map(({ info, text, line }) => ({
      place: `${path}:${line}`,
      name: MARK.exec(info)?.[1] ?? null,
      text,
    })),
);

/** Each block as a file in a folder of its own, named so that messages tell the place. */
async function writeAll(): Promise<{ folder: string; files: string[] } & AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), "sluice-docs-"));
  const files: string[] = [];
  for (const { place, text } of scripts) {
    const file = join(folder, place.replaceAll(/[^\w.-]/g, "_"), "script.ts");
    await mkdir(join(file, ".."));
    await writeFile(file, text);
    files.push(file);
  }
  const remove = () => rm(folder, { recursive: true });
  return { folder, files, [Symbol.asyncDispose]: remove };
}

async function check(folder: string, files: readonly string[]): Promise<string> {
  const config = {
    extends: join(ROOT, "tsconfig.scripts.json"),
    include: [...files, join(ROOT, "sdk/**/*.ts")],
  };
  await writeFile(join(folder, "tsconfig.json"), JSON.stringify(config));
  await writeFile(join(folder, "package.json"), '{ "type": "module" }');
  const tsc = join(ROOT, "node_modules/.bin/tsc");
  const args = ["-p", folder, "--pretty", "false"];
  const child = spawn(tsc, args, { stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  await once(child, "close");
  return said;
}

test("scripts in the documentation satisfy the type checker", async () => {
  assert.ok(scripts.length > 10);
  await using written = await writeAll();
  assert.equal(await check(written.folder, written.files), "");
});

test("the check finds a hook that does not exist, and a ctx that is no JSON", async () => {
  const folder = await mkdtemp(join(tmpdir(), "sluice-docs-"));
  try {
    const file = join(folder, "script.ts");
    const said = async (hooks: string): Promise<string> => {
      const imports = 'import { definePhases } from "sluice";\n';
      await writeFile(file, `${imports}export default definePhases(${hooks});\n`);
      return await check(folder, [file]);
    };
    assert.match(await said("{ requestFliter() {} }"), /requestFliter/);
    assert.match(await said("{ newCtx: () => ({ at: new Date() }) }"), /Date/);
    assert.equal(await said("{ newCtx: () => ({ at: 1 }), logging() {} }"), "");
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("scripts in the documentation bundle", async () => {
  await using written = await writeAll();
  for (const [i, file] of written.files.entries()) {
    const bundle = await bundleScript(file);
    assert.deepEqual(bundle.ok ? bundle.warnings : bundle.errors, [], scripts[i]?.place ?? "");
  }
});

test("every example of scripts/ is shown word for word", () => {
  const shown = scripts.filter(({ name }) => name !== null);
  for (const { place, name, text } of shown) {
    assert.equal(text, readFileSync(join(ROOT, "scripts", `${name}`), "utf8"), place);
  }
  const files = globSync("scripts/{,ctx/}*.ts", { cwd: ROOT }).map((path) =>
    path.replace("scripts/", ""),
  );
  const names = new Set(shown.map(({ name }) => name));
  assert.deepEqual(
    files.filter((file) => !names.has(file)),
    [],
  );
});

test("an example has at most 40 lines, and is tested", () => {
  for (const path of globSync("scripts/*.ts", { cwd: ROOT })) {
    const lines = readFileSync(join(ROOT, path), "utf8").trimEnd().split("\n");
    assert.ok(lines.length <= 40, `${path}: ${lines.length} lines`);
    const name = basename(path, ".ts");
    const tests = globSync(`test/{scripts/${name},life/${name}-example}.test.ts`, { cwd: ROOT });
    assert.equal(tests.length, 1, `${path} has a test`);
  }
});
