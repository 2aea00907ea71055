// A folder of script files for one test, gone when the test is over.

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createContext, runInContext } from "node:vm";
import { type Bundle, bundleToSend } from "../../src/control/bundle.ts";

export class ScriptFolder implements Disposable {
  /** The script's own folder; `..` is empty but for what a test puts there. */
  readonly path: string;
  readonly #top: string;

  constructor(files: Readonly<Record<string, string>>) {
    this.#top = realpathSync(mkdtempSync(join(tmpdir(), "sluice-script-")));
    this.path = join(this.#top, "script");
    mkdirSync(this.path);
    for (const [name, text] of Object.entries(files)) this.write(name, text);
  }

  at(name: string): string {
    return join(this.path, name);
  }

  write(name: string, text: string): void {
    mkdirSync(dirname(this.at(name)), { recursive: true });
    writeFileSync(this.at(name), text);
  }

  /** As it is sent: a script for any realm. */
  bundle(entry = "main.ts"): ReturnType<typeof bundleToSend> {
    return bundleToSend(this.at(entry));
  }

  /** What is wrong with it, each as `file:line:column text`. Empty: nothing. */
  async problems(entry = "main.ts"): Promise<string[]> {
    const bundle = await this.bundle(entry);
    return bundle.ok
      ? []
      : bundle.errors.map(({ file, line, column, text }) => `${file}:${line}:${column} ${text}`);
  }

  [Symbol.dispose](): void {
    rmSync(this.#top, { recursive: true, force: true });
  }
}

/** A whole script around some statements. */
export const scriptWith = (statements: string): string =>
  `import { definePhases } from "sluice";\n${statements}\nexport default definePhases({});\n`;

/** The script's default export, from a realm in which `definePhases` gives back what it gets. */
export function load({ code }: Bundle): unknown {
  const realm = createContext({ __sluice: { definePhases: (phases: unknown) => phases } });
  runInContext(`try{${code}\n}finally{}`, realm);
  const json: unknown = runInContext(
    "const { default: phases } = __sluiceScript; delete globalThis.__sluiceScript;" +
      "JSON.stringify([Object.keys(phases), typeof __sluiceScript, phases.requestFilter?.()])",
    realm,
  );
  return JSON.parse(String(json));
}

export async function bundled(folder: ScriptFolder, entry?: string): Promise<Bundle> {
  const bundle = await folder.bundle(entry);
  assert.ok(bundle.ok, JSON.stringify(bundle));
  return bundle;
}
