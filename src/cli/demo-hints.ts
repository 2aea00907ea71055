// What `sluice serve --demo` prints at the terminal once the proxy is ready: commands to try.

import { get } from "node:http";
import { setTimeout as wait } from "node:timers/promises";
import type { Address } from "../base/config/address.ts";
import type { Config } from "../base/config/types.ts";
import { dashboardLink } from "./shown-token.ts";

/** Often enough to look immediate; a start takes some tenths of a second. */
const POLL_MS = 50;
/** After that the log has said what is wrong. */
const POLLS_MAX = 600;

export interface Shown {
  /** The configuration, as it was named. */
  readonly file: string;
  /** For the dashboard and for commands; null: there is another one, which need not be shown. */
  readonly token: string | null;
}

/** Waits until the proxy says it is ready, then prints. Gives up quietly when aborted. */
export async function printHints(config: Config, shown: Shown, signal: AbortSignal): Promise<void> {
  for (let poll = 0; poll < POLLS_MAX && !signal.aborted; poll++) {
    if (await isReady(config.admin)) {
      process.stderr.write(hints(config, shown));
      return;
    }
    await wait(POLL_MS, undefined, { signal }).catch(() => undefined);
  }
}

export function hints({ listeners, admin, tenants }: Config, { file, token }: Shown): string {
  const proxy = `http://${listeners[0]?.address ?? "127.0.0.1:8080"}`;
  const groups = new Set(tenants.flatMap(({ upstreams }) => upstreams.map(({ name }) => name)));
  const lines = [
    [`curl ${proxy}/`, groups.has("stable") ? "a plain user: the group stable" : "a request"],
    // only the script that asks for that header has such a group
    ...(groups.has("beta")
      ? [[`curl -H 'beta-flag: 1' ${proxy}/`, "a beta user: the group beta"] as const]
      : []),
    [`curl ${proxy}/ ${proxy}/`, "twice on one connection: the second finds the upstream's"],
    [`curl http://${admin.address}/metrics`, "what happened, in numbers"],
  ] as const;
  const width = Math.max(...lines.map(([command]) => command.length));
  const shown = lines.map(([command, meaning]) => `  ${command.padEnd(width)}  # ${meaning}\n`);
  const link = dashboardLink(admin.address, admin.tls !== null, token);
  const page = `In a browser: ${link}${token === null ? ` (token: ${admin.tokenEnv})` : ""}`;
  const commands = token === null ? "" : commandHint({ file, token }, admin.tokenEnv);
  const toTry = `Sluice is ready. Try:\n\n${shown.join("")}`;
  return `\n${toTry}\n${page}\n${commands}\nCtrl-C ends it.\n\n`;
}

/** One token for both: what is typed in another terminal finds the proxy by its configuration. */
function commandHint({ file, token }: Shown, tokenEnv: string): string {
  const where = file === "sluice.yaml" ? "" : ` -c ${file}`;
  const lines = [`export ${tokenEnv}=${token}`, `npx sluice tenant list${where}`];
  return `\nIn another terminal:\n\n${lines.map((line) => `  ${line}\n`).join("")}`;
}

/** Asks on a connection of its own, so that none is left open for the proxy to wait for. */
const isReady = ({ host, port }: Address): Promise<boolean> =>
  new Promise((resolve) => {
    const request = get({ host, port, path: "/v1/ready", agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    request.on("error", () => resolve(false));
  });
