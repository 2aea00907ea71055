// The operator's command that sets a TXT record and takes it back: COMMAND… add NAME VALUE, and
// later COMMAND… remove NAME VALUE.

import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { startChild } from "../../../base/child.ts";
import type { AcmeDnsConfig } from "../../../base/config/acme-types.ts";
import { LIMITS } from "../../../base/limits.ts";
import { oneLine, sentenceOf } from "./sentence.ts";

export interface DnsRecord {
  readonly name: string;
  readonly value: string;
}

/** It can be seen when this resolves, as far as the configuration knows. */
export async function setRecord(
  { command, waitMs }: AcmeDnsConfig,
  { name, value }: DnsRecord,
  signal: AbortSignal,
): Promise<AsyncDisposable> {
  const remove = () => run([...command, "remove", name, value], LIMITS.acmeCommandMs);
  try {
    await run([...command, "add", name, value], LIMITS.acmeCommandMs, signal);
    await sleep(waitMs, undefined, { signal });
  } catch (thrown) {
    // what it has set before it failed
    await remove().catch(() => {});
    throw thrown;
  }
  return { [Symbol.asyncDispose]: () => remove().catch(() => {}) };
}

async function run(words: readonly string[], ms: number, signal?: AbortSignal): Promise<void> {
  const [program = "", ...args] = words;
  const what = `${program} ${args.at(-3)}`;
  let text = "";
  const timeout = AbortSignal.timeout(ms);
  const ends = signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
  try {
    const child = startChild(program, args, {
      stdio: ["ignore", "ignore", "pipe"],
      signal: ends,
      killSignal: "SIGKILL",
    });
    child.stderr?.setEncoding("utf8").on("data", (part: string) => {
      text = (text + part).slice(-LIMITS.acmeCommandChars);
    });
    const [status] = await once(child, "close");
    if (status === 0) return;
    throw new Error(`it ended with ${status ?? "a signal"}: ${oneLine(text)}`);
  } catch (thrown) {
    const late = timeout.aborted ? `it took more than ${ms} ms` : sentenceOf(thrown);
    throw new Error(`the command ${what} failed: ${late}`, { cause: thrown });
  }
}
