// bubblewrap for tests of what it keeps out: the machine's own, or Debian's package where it can be
// installed. Where neither is to be had such tests are skipped, and say why.

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Sandbox } from "../../src/fleet/children/command.ts";
import { findSandbox } from "../../src/fleet/children/sandbox.ts";
import { installed } from "./debian.ts";

const run = promisify(execFile);

export interface FoundSandbox {
  readonly sandbox: Sandbox;
  /** Why the whole sandbox cannot be had; false: it is there. */
  readonly skip: string | false;
}

export async function wholeSandbox(): Promise<FoundSandbox> {
  const path = process.env.PATH ?? "";
  const found = await findSandbox("auto", path);
  const sandbox =
    found.bubblewrap === null && (await installed("bubblewrap"))
      ? await findSandbox("auto", path)
      : found;
  const skip = sandbox.missing.length === 0 ? false : sandbox.missing.join("; ");
  // a sandbox of ours that does not work where bubblewrap itself does is no reason to skip
  if (sandbox.bubblewrap === null && (await worksAtAll())) throw new Error(skip || "no sandbox");
  return { sandbox, skip };
}

async function worksAtAll(): Promise<boolean> {
  try {
    await run("bwrap", ["--unshare-all", "--ro-bind", "/", "/", "true"]);
    return true;
  } catch {
    return false;
  }
}
