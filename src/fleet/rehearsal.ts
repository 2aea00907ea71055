// A script answers the smoke requests of its deployment in a process that is thrown away: nothing
// that it does there can hurt what serves. The process has no environment and no way to any
// network of ours; it is killed when its time is up.

import { type ChildProcess, fork } from "node:child_process";
import { entryPath } from "../base/entry.ts";
import { LIMITS } from "../base/limits.ts";
import type { Rehearsal, SmokeFailure } from "../control/deploy/rehearsal.ts";
import type { RuntimeCode } from "../sandbox/engine.ts";

/** What the process is told. */
export interface RehearsalOrder extends Rehearsal {
  readonly runtime: RuntimeCode;
}

export async function rehearse(
  rehearsal: Rehearsal,
  runtime: RuntimeCode,
): Promise<readonly SmokeFailure[]> {
  const child = fork(entryPath("cli/harness/rehearse"), {
    env: {},
    execArgv: [],
    serialization: "advanced",
    stdio: ["ignore", "ignore", "ignore", "ipc"],
  });
  const order: RehearsalOrder = { ...rehearsal, runtime };
  const failures: SmokeFailure[] = [];
  const left = new Set(rehearsal.requests.map(({ name }) => name));
  const end = await ending(child, order, (message) => {
    const outcome = outcomeOf(message);
    if (outcome === null || !left.delete(outcome.name)) return;
    if (outcome.text !== "") failures.push(outcome);
  });
  const [first] = left;
  if (first !== undefined && failures.length === 0) failures.push({ name: first, text: end });
  return failures;
}

/** Resolves when the process has gone, to how that came about. */
function ending(
  child: ChildProcess,
  order: RehearsalOrder,
  told: (message: unknown) => void,
): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let reason = "the process that ran it ended: does it need too much memory?";
  const timer = setTimeout(() => {
    reason = `expected an answer within ${LIMITS.rehearsalMs} ms, got none`;
    child.kill("SIGKILL");
  }, LIMITS.rehearsalMs);
  child.on("message", told);
  child.on("error", (error) => {
    clearTimeout(timer);
    reject(new Error(`Cannot start a process for smoke requests: ${error.message}`));
  });
  child.on("exit", () => {
    clearTimeout(timer);
    resolve(reason);
  });
  child.send(order, () => undefined);
  return promise;
}

/** Whoever runs a stranger's script may have been taken over: what it says is looked at. */
function outcomeOf(message: unknown): SmokeFailure | null {
  if (typeof message !== "object" || message === null) return null;
  const { name, text }: { readonly name?: unknown; readonly text?: unknown } = message;
  if (typeof name !== "string" || typeof text !== "string") return null;
  return { name, text: text.slice(0, LIMITS.scriptMessageChars) };
}
