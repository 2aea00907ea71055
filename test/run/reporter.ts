// Runs inside each test file's process as the reporter of node:test: writes what happens as lines
// of JSON behind a mark, so that the runner can tell them from what the tests themselves print. On
// ASK it says what keeps the process alive.

import type { TestEvent } from "node:test/reporters";
import { inspect } from "node:util";

export const MARK = "\u0001";

/**
 * The question what is open, as a signal that nobody dies of: who is just exiting has no handler
 * any more.
 */
export const ASK: NodeJS.Signals = "SIGURG";

/** Between the question what is open and the answer: who is just ending has gone by then. */
const ANSWER_MS = 1_000;

/**
 * One line of the reporter. `begin` and `end` come at once, `result` in the order of the file, and
 * `over` when there is no test any more: who ends the process before has ended tests unheard.
 */
export type Line =
  | { readonly kind: "begin" | "end"; readonly title: string }
  | { readonly kind: "over" }
  | { readonly kind: "open"; readonly resources: readonly string[] }
  | { readonly kind: "result"; readonly title: string; readonly outcome: Outcome };

interface Outcome {
  readonly ok: boolean;
  readonly skipped: boolean;
  readonly detail: string;
}

const write = (line: Line): string => `\n${MARK}${JSON.stringify(line)}\n`;

/** What node:test loads and feeds with its events. */
// biome-ignore lint/style/noDefaultExport: node:test asks for one
export default async function* report(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const answer = (): void => {
    process.stdout.write(write({ kind: "open", resources: process.getActiveResourcesInfo() }));
  };
  process.on(ASK, () => void setTimeout(answer, ANSWER_MS).unref());
  const path: string[] = [];
  for await (const event of source) {
    if (event.type === "test:enqueue" && event.data.nesting === 0) {
      yield write({ kind: "begin", title: event.data.name });
    } else if (event.type === "test:complete" && event.data.nesting === 0) {
      yield write({ kind: "end", title: event.data.name });
    } else if (event.type === "test:start") {
      path.length = event.data.nesting;
      path.push(event.data.name);
    } else if (event.type === "test:pass" || event.type === "test:fail") {
      const outcome = outcomeOf(event);
      const title = [...path.slice(0, event.data.nesting), event.data.name].join(" › ");
      if (outcome !== null) yield write({ kind: "result", title, outcome });
    }
  }
  yield write({ kind: "over" });
}

type Finished = Extract<TestEvent, { type: "test:pass" | "test:fail" }>;

/**
 * Null for what is only the sum of others: a suite, or a test that failed because a part of it did.
 */
function outcomeOf(event: Finished): Outcome | null {
  const skipped = event.data.skip !== undefined || event.data.todo !== undefined;
  if (event.type === "test:pass") {
    if (event.data.details.type === "suite") return null;
    return { ok: true, skipped, detail: "" };
  }
  const { error } = event.data.details;
  if ("failureType" in error && error.failureType === "subtestsFailed") return null;
  return { ok: false, skipped: false, detail: inspect(error.cause ?? error, { depth: 6 }) };
}
