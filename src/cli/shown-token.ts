// What lets whoever started a proxy at a terminal in, where no token is set: an operator's token
// made for this run, and the link to the dashboard that has it. It is shown at that terminal and
// nowhere else. Calls from this machine that needed no token need none because of it.

import { randomBytes } from "node:crypto";
import type { AdminConfig } from "../base/config/types.ts";

const BYTES = 24;

/** Null: there is a token, which the person at the terminal knows. */
export function newShownToken({ tokenEnv }: Pick<AdminConfig, "tokenEnv">): string | null {
  if ((process.env[tokenEnv] ?? "") !== "") return null;
  return randomBytes(BYTES).toString("base64url");
}

/** Behind `#` it stays in the browser. @param address  of the admin listener, with its port */
export function dashboardLink(address: string, isTls: boolean, token: string | null): string {
  const page = `${isTls ? "https" : "http"}://${address}/dashboard/`;
  return token === null ? page : `${page}#token=${token}`;
}
