// A tool run as one test: it passes when it exits with 0, and its output is the detail when not.

import { spawn } from "node:child_process";
import { performance } from "node:perf_hooks";
import { text } from "node:stream/consumers";
import type { JobResult } from "./report.ts";

/** The type checker takes seconds; on a busy machine, some more. */
const TOOL_MS_MAX = 120_000;

/** Runs `node ARGS` with the Node that runs us. */
export async function runCommand(
  root: string,
  title: string,
  args: readonly string[],
): Promise<JobResult> {
  const startMs = performance.now();
  const child = spawn(process.execPath, args, {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
    timeout: TOOL_MS_MAX,
  });
  const exited = new Promise<string>((resolve) => {
    child.on("error", (error) => resolve(error.message));
    child.on("exit", (code, signal) => resolve(code === 0 ? "" : `ended with ${code ?? signal}`));
  });
  const [out, err, complaint] = await Promise.all([text(child.stdout), text(child.stderr), exited]);
  const result = { title, ok: complaint === "", detail: `${out}${err}${complaint}` };
  return { results: [result], ms: performance.now() - startMs };
}
