// Finds the admin API of the proxy, and the token for it: in the flags, in the environment, or in
// the configuration with which the proxy was started.

import { existsSync } from "node:fs";
import { loadConfig } from "../../base/config/load.ts";

export interface PlaceOptions {
  readonly config: string;
  readonly admin?: string;
  readonly token?: string;
}

export interface AdminPlace {
  /** Without a slash at its end. */
  readonly url: string;
  /** Empty: none. */
  readonly token: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Throws a sentence that says what to type. */
export function adminPlace(
  { config, admin, token }: PlaceOptions,
  environment: Environment = process.env,
): AdminPlace {
  const url = admin ?? environment.SLUICE_ADMIN_URL ?? "";
  const given = token ?? environment.SLUICE_ADMIN_TOKEN ?? "";
  if (url !== "") return { url: checkedUrl(url), token: given };
  if (!existsSync(config)) {
    const ways = "--admin URL, SLUICE_ADMIN_URL, or -c FILE";
    throw new Error(`Cannot find the proxy: there is no ${config} that names it; expected ${ways}`);
  }
  const { host, port, tokenEnv, tls } = loadConfig(config, null).admin;
  const own = given === "" ? (environment[tokenEnv] ?? "") : given;
  const scheme = tls === null ? "http" : "https";
  return { url: `${scheme}://${reachable(host)}:${port}`, token: own };
}

function checkedUrl(text: string): string {
  const url = URL.parse(text);
  const isPlain = url !== null && url.search + url.hash + url.username + url.password === "";
  if (isPlain && /^https?:$/.test(url.protocol)) return url.href.replace(/\/+$/, "");
  throw new Error(`Cannot use the admin address: expected http://host:port, got ${text}`);
}

/** An address that stands for all of this machine's is asked at the loopback one. */
function reachable(host: string): string {
  if (host === "0.0.0.0") return "127.0.0.1";
  if (host === "::") return "[::1]";
  return host.includes(":") ? `[${host}]` : host;
}
