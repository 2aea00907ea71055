// Whose rights a program has that refuses to run as root.

import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/** For `spawn`. */
export interface User {
  readonly uid?: number;
  readonly gid?: number;
}

/** That user's if we are root, else our own. */
export async function unprivileged(name: string): Promise<User> {
  if (process.getuid?.() !== 0) return {};
  const { stdout: uid } = await run("id", ["-u", name]);
  const { stdout: gid } = await run("id", ["-g", name]);
  return { uid: Number(uid), gid: Number(gid) };
}
