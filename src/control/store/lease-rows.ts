// Leases, of an engine that several machines share: what one proxy at a time does. Whoever was
// stopped for a while believes that it still has its lease, so each change that it makes as the
// holder is refused by the engine if another proxy has the lease by then. All times are the
// engine's.

import { ask, type Steps } from "./steps.ts";
import { type Fence, StoreError } from "./store.ts";

/**
 * In the transaction of the change. The row stays locked until that commits: nobody takes the
 * lease over in between.
 */
export function* expectHeld({ name, epoch }: Fence): Steps<void> {
  const { rows } = yield* ask({ sql: HELD, parameters: [name, epoch], changes: null });
  if (rows.length > 0) return;
  const text = `expected to have the lease ${name} of epoch ${epoch}, got a later one`;
  throw new StoreError("fenced", `Cannot change anything as its holder: ${text}`);
}

const HELD = `
  SELECT epoch FROM leases WHERE name = ? AND epoch = ? AND until > clock_timestamp() FOR SHARE`;
