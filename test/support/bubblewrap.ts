// bubblewrap for tests of what it keeps out: the machine's own, or Debian's package where it can be
// installed. Where neither is to be had such tests are skipped, and say why.

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Sandbox } from "../../src/fleet/children/command.ts";
import { findSandbox } from "../../src/fleet/children/sandbox.ts";

const run = promisify(execFile);

const INSTALL_MS_MAX = 120_000;
const PATIENCE = ["DPkg::Lock::Timeout=100", "Acquire::http::Timeout=10", "Acquire::Retries=0"];

export interface FoundSandbox {
  readonly sandbox: Sandbox;
  /** Why the whole sandbox cannot be had; false: it is there. */
  readonly skip: string | false;
}

export async function wholeSandbox(): Promise<FoundSandbox> {
  const path = process.env.PATH ?? "";
  const found = await findSandbox("auto", path);
  const sandbox =
    found.bubblewrap === null && (await install()) ? await findSandbox("auto", path) : found;
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

async function install(): Promise<boolean> {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return false;
  const options = PATIENCE.flatMap((option) => ["-o", option]);
  const args = [...options, "install", "-y", "-qq", "--no-install-recommends", "bubblewrap"];
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  try {
    await run("apt-get", args, { env, timeout: INSTALL_MS_MAX });
    return true;
  } catch {
    return false;
  }
}
