// Sets a counter of all proxies: a row that is no proxy's makes the sum what it is to be.

import type { CounterSnapshot } from "../records.ts";
import { type Steps, tell } from "../steps.ts";

/** What all have counted adds up to the value from now on; what they still tell comes on top. */
export function putSharedCount({ tenant, name, value }: CounterSnapshot): Steps<void> {
  return tell({ sql: PUT, parameters: [tenant, name, value, tenant, name], changes: null });
}

/** 2^62: far beyond what scripts count to, and two of them still are a BIGINT. */
const MOST = "4611686018427387904";

/** A sum as it is kept, whatever proxies have told: they believe their scripts. */
export const countOf = (sum: string): string =>
  `greatest(-${MOST}::numeric, least(${MOST}::numeric, ${sum}))::bigint`;

const PUT = `
  INSERT INTO shared_counts AS s (tenant, name, node, value, sequence)
  SELECT ?::text, ?::text, '', ${countOf("?::numeric - coalesce(sum(o.value), 0)")}, 1
  FROM shared_counts AS o WHERE o.tenant = ? AND o.name = ? AND o.node <> ''
  ON CONFLICT (tenant, name, node) DO UPDATE
    SET value = excluded.value, sequence = s.sequence + 1`;
