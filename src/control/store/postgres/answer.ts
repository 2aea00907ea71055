// One statement, answered by PostgreSQL. One that changes rows is answered with their keys.

import type { ClientBase } from "pg";
import type { Columns, Statement, StatementResult } from "../steps.ts";
import { toEngine, toNumbered } from "./values.ts";

export async function answer(
  client: Pick<ClientBase, "query">,
  { sql, parameters, changes }: Statement,
): Promise<StatementResult> {
  const returning = changes === null ? "" : ` RETURNING ${changes.key.join(", ")}`;
  const values = parameters.map(toEngine);
  const { rows, rowCount } = await client.query<Columns>(toNumbered(sql) + returning, values);
  return { rows, changed: changes === null ? 0 : (rowCount ?? 0) };
}
