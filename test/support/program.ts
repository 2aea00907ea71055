// Runs a program to its end and says how it went. What it starts is gone when `run` returns.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";

export interface Ending {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd?: string;
  /** Added to the environment; undefined takes a name out. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly input?: string;
}

export async function run(
  program: string,
  args: readonly string[],
  { cwd, env, input = "" }: RunOptions = {},
): Promise<Ending> {
  const child = spawn(program, args, {
    ...(cwd === undefined ? {} : { cwd }),
    env: { ...process.env, ...env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  const closed = once(child, "close");
  child.stdin.on("error", () => undefined); // It may end without having read.
  child.stdin.end(input);
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  await closed;
  return { status: child.exitCode, signal: child.signalCode, stdout, stderr };
}
