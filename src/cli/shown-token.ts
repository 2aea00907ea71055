// Where no token is set: an operator's token that is made for this run, and the link to the
// dashboard that has it. Both are shown at the terminal at which the proxy was started, and nowhere
// else. Calls from this machine that needed no token before need none now.

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
