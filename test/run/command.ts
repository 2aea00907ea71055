// A tool run as one test: it passes when it exits with 0, and its output is the detail when not.

import { spawn } from "node:child_process";
import { performance } from "node:perf_hooks";
import { addGroup, endGroup } from "./process-group.ts";
import type { JobResult } from "./report.ts";

/** The type checker takes seconds; on a busy machine, many times as long. */
const TOOL_MS_MAX = 600_000;

/** Runs `node ARGS` with the Node that runs us. */
export async function runCommand(
  root: string,
  title: string,
  args: readonly string[],
  msMax: number = TOOL_MS_MAX,
): Promise<JobResult> {
  const startMs = performance.now();
  const child = spawn(process.execPath, args, {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  const { pid = 0 } = child;
  if (pid !== 0) addGroup(pid);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  }
  const complaint = await new Promise<string>((resolve) => {
    // it may be another program that it started which hangs
    const timer = setTimeout(() => {
      resolve(`not done in ${msMax} ms`);
      if (pid !== 0) endGroup(pid);
    }, msMax);
    const end = (text: string): void => {
      clearTimeout(timer);
      resolve(text);
    };
    child.on("error", (error) => end(error.message));
    child.on("close", (code, signal) => end(code === 0 ? "" : `ended with ${code ?? signal}`));
  });
  if (pid !== 0) endGroup(pid);
  const result = { title, ok: complaint === "", detail: `${output}${complaint}` };
  return { results: [result], ms: performance.now() - startMs };
}
