// A folder of script files for one test, gone when the test is over.

import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { bundleScript } from "../../src/control/bundle.ts";

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

  bundle(entry = "main.ts"): ReturnType<typeof bundleScript> {
    return bundleScript(this.at(entry));
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
