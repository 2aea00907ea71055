// `sluice serve` as a process of its own, with its files in a folder.

import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { stringify } from "yaml";
import { builtProgram } from "../support/built-program.ts";
import { withDescriptors } from "../support/no-descriptors.ts";

export interface LaunchOptions {
  readonly files?: Readonly<Record<string, string>>;
  readonly config: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly nodeArgs?: readonly string[];
  readonly descriptors?: number;
  /** Of another release; left out: this one's. */
  readonly main?: string;
}

export async function launchProgram(
  folder: string,
  { files = {}, config, env, nodeArgs = [], descriptors, main }: LaunchOptions,
): Promise<ChildProcess> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  await writeFile(join(folder, "sluice.yaml"), stringify(config));
  const program = main === undefined ? await builtProgram() : { main, env: {} };
  const args = [program.main, "serve", "--config", join(folder, "sluice.yaml")];
  const node = [process.execPath, ...nodeArgs, ...args];
  const [file = "", ...rest] = withDescriptors(descriptors, node);
  return spawn(file, rest, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...program.env, ...env },
  });
}
