// The admin address, against the environment: what other machines can reach needs a token.

import { isLoopbackAddress, parseAddress } from "./address.ts";
import { type Mistake, show } from "./problems.ts";
import { entriesOf } from "./shape.ts";

const TOKEN_ENV = "SLUICE_ADMIN_TOKEN";

/** @param environment null: not known, so not looked at */
export const checkAdmin = (
  value: unknown,
  environment: Readonly<Record<string, string | undefined>> | null,
): Mistake[] => {
  const admin = entriesOf(entriesOf(value).get("admin"));
  const written = admin.get("address");
  const address = typeof written === "string" ? parseAddress(written) : null;
  const tokenEnv = admin.get("tokenEnv") ?? TOKEN_ENV;
  if (environment === null || address === null || typeof tokenEnv !== "string") return [];
  if (isLoopbackAddress(address.host) || (environment[tokenEnv] ?? "") !== "") return [];
  const expected = `a loopback address, or a token in the environment variable ${tokenEnv}`;
  const text = `expected ${expected}, got ${show(written)} and no token`;
  return [{ path: ["admin", "address"], text, isKey: false }];
};
