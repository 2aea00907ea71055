// What the admin API refused, as a person reads it: the sentence of the problem document, then a
// line for each thing that is wrong.
//
//     sluice: Cannot do this: limits.hookMs: expected 1 to 60000, got 0 (and 1 more)
//     sluice:   limits.hookMs: expected 1 to 60000, got 0
//     sluice:   main.ts:7:11: expected export default definePhases({...})

import * as z from "zod";
import { printable } from "../../observe/plain-text.ts";

const FIELD = z.object({
  field: z.string().optional(),
  file: z.string().optional(),
  line: z.int().optional(),
  column: z.int().optional(),
  text: z.string(),
});

const PROBLEM = z.object({
  title: z.string().optional(),
  detail: z.string().optional(),
  step: z.string().optional(),
  errors: z.array(FIELD).optional(),
});

/** One thing that is wrong with what was sent. */
export type FieldProblem = z.output<typeof FIELD>;

/** The proxy refused: the message is readable lines. */
export class AdminError extends Error {
  readonly status: number;
  readonly errors: readonly FieldProblem[];
  readonly #problem: z.output<typeof PROBLEM>;

  constructor(status: number, body: unknown) {
    const parsed = PROBLEM.safeParse(body);
    const problem = parsed.success ? parsed.data : {};
    const errors = problem.errors ?? [];
    super(messageOf(status, problem, errors));
    this.name = "AdminError";
    this.status = status;
    this.errors = errors;
    this.#problem = problem;
  }

  /** The same, with files by other names. */
  withFiles(shown: (file: string) => string): AdminError {
    const errors = this.errors.map(({ file, ...rest }) =>
      file === undefined ? rest : { ...rest, file: shown(file) },
    );
    return new AdminError(this.status, { ...this.#problem, errors });
  }
}

const TEXT_MAX = 4_096;

function messageOf(
  status: number,
  { title, detail }: z.output<typeof PROBLEM>,
  errors: readonly FieldProblem[],
): string {
  const said = detail ?? title ?? "it did not say why";
  const first = `the proxy refused (${status}): ${printable(said, TEXT_MAX)}`;
  const hint = status === 401 ? [HINT] : [];
  const lines = errors.map(fieldLine);
  // one that the sentence says already is not said twice
  const rest = lines.length === 1 && first.endsWith(lines[0] ?? "") ? [] : lines;
  return [first, ...rest.map((line) => `  ${line}`), ...hint].join("\n");
}

const HINT = "  give a token: SLUICE_ADMIN_TOKEN in the environment, or --token";

/** `main.ts:7:11: text`, `limits.hookMs: text`, or the text. */
export function fieldLine({ field, file, line, column, text }: FieldProblem): string {
  const place = [file, line, column].filter((part) => part !== undefined).join(":");
  const parts = [place, field ?? "", text].filter((part) => part !== "");
  return printable(parts.join(": "), TEXT_MAX);
}
