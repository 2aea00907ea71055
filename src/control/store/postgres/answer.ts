// One statement of ours, as PostgreSQL is asked. One that changes rows of which nobody knows yet
// which ones is answered with their keys.

import type { ClientBase, QueryConfig } from "pg";
import type { Columns, Statement, StatementResult } from "../steps.ts";
import { toEngine, toNumbered } from "./values.ts";

export function toQuery({ sql, parameters, changes }: Statement): QueryConfig {
  const isKnown = changes === null || changes.how === "put" || changes.how === "erase";
  const returning = isKnown ? "" : ` RETURNING ${changes.table.key.join(", ")}`;
  return { text: toNumbered(sql) + returning, values: parameters.map(toEngine) };
}

/** Each for itself. */
export async function answer(
  client: Pick<ClientBase, "query">,
  statements: readonly Statement[],
): Promise<readonly StatementResult[]> {
  const answers: StatementResult[] = [];
  for (const statement of statements) {
    const { rows, rowCount } = await client.query<Columns>(toQuery(statement));
    answers.push({ rows, changed: rowCount ?? 0 });
  }
  return answers;
}
