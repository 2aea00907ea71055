// Programs of Debian's packages that a test needs: the machine's own, or installed here.

import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

const INSTALL_MS_MAX = 120_000;
const PATIENCE = ["DPkg::Lock::Timeout=100", "Acquire::http::Timeout=10", "Acquire::Retries=0"];

/** Whether it is there now. Only root of a Linux machine can install anything. */
export async function installed(name: string): Promise<boolean> {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return false;
  const options = PATIENCE.flatMap((option) => ["-o", option]);
  const args = [...options, "install", "-y", "-qq", "--no-install-recommends", name];
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  try {
    await run("apt-get", args, { env, timeout: INSTALL_MS_MAX });
    return true;
  } catch {
    return false;
  }
}

/**
 * A test beside this one installs it: its files are there before what they need is. `installed`
 * waits for that.
 */
export async function isUnderWay(name: string): Promise<boolean> {
  try {
    const { stdout } = await run("dpkg-query", ["-W", `-f=\${db:Status-Status}`, name]);
    return /^(?:half-installed|unpacked|half-configured)$/.test(stdout);
  } catch {
    return false; // nobody has asked for it, or this is no Debian
  }
}

/** For a test's `skip`: false if the program can be run. */
export async function missing(program: string, debianPackage: string): Promise<string | false> {
  if ((await works(program)) && !(await isUnderWay(debianPackage))) return false;
  if ((await installed(debianPackage)) && (await works(program))) return false;
  return `${program} is not there, and Debian's package ${debianPackage} cannot be installed`;
}

async function works(program: string): Promise<boolean> {
  try {
    await run("which", [program]);
    return true;
  } catch {
    return false;
  }
}
