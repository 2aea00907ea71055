// What opens the dashboard for whoever started a proxy at a terminal: a code made for this run, and
// the link that has it. It opens sessions and nothing else, so that commands on this machine need
// no token because of it.

import { randomBytes } from "node:crypto";
import type { AdminConfig } from "../base/config/types.ts";

const BYTES = 24;

/** Null: there is a token, which the person at the terminal knows. */
export function newLoginCode({ tokenEnv }: Pick<AdminConfig, "tokenEnv">): string | null {
  if ((process.env[tokenEnv] ?? "") !== "") return null;
  return randomBytes(BYTES).toString("base64url");
}

/** Behind `#` it stays in the browser. @param address  of the admin listener, with its port */
export function dashboardLink(address: string, isTls: boolean, code: string | null): string {
  const page = `${isTls ? "https" : "http"}://${address}/dashboard/`;
  return code === null ? page : `${page}#token=${code}`;
}
