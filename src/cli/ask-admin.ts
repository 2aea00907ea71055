// Asks a running proxy, at the admin address of its configuration, to do something.

import { loadConfig } from "../base/config/load.ts";

/** A reload may wait for isolates, a handover for a whole start: longer than either may take. */
const ANSWER_MS_MAX = 120_000;

/** The answer as JSON. Throws a sentence, or several lines, if the proxy refused. */
export async function askAdmin(file: string, path: string): Promise<unknown> {
  // the proxy's environment is not ours: whether it has a token shows when it answers
  const { address, host, port, tokenEnv } = loadConfig(file, null).admin;
  const token = process.env[tokenEnv] ?? "";
  const authorization = token === "" ? {} : { authorization: `Bearer ${token}` };
  const response = await fetch(new URL(path, `http://${reachable(host)}:${port}`), {
    method: "POST",
    headers: { "content-type": "application/json", connection: "close", ...authorization },
    body: "{}",
    signal: AbortSignal.timeout(ANSWER_MS_MAX),
  }).catch((cause: Error) => {
    const reason = cause.cause instanceof Error ? cause.cause.message : cause.message;
    throw new Error(`Cannot reach the proxy at its admin address ${address}: ${reason}`, { cause });
  });
  const body: unknown = await response.json();
  if (!response.ok) throw new Error(reasonOf(body));
  return body;
}

/** An address that stands for all of this machine's is asked at the loopback one. */
function reachable(host: string): string {
  if (host === "0.0.0.0") return "127.0.0.1";
  if (host === "::") return "[::1]";
  return host.includes(":") ? `[${host}]` : host;
}

function reasonOf(body: unknown): string {
  if (typeof body !== "object" || body === null) return "the proxy refused";
  if ("errors" in body && Array.isArray(body.errors)) {
    return body.errors.map((error: { text: unknown }) => String(error.text)).join("\n");
  }
  return "detail" in body ? String(body.detail) : "the proxy refused";
}
