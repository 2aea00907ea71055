// The last changes, as the audit log has them.

import { to } from "../base/router.ts";
import { ago, safe } from "../base/text.ts";
import type { AuditLine } from "../types.ts";
import { Empty } from "./states.tsx";

export function Changes({ lines }: { lines: readonly AuditLine[] }) {
  if (lines.length === 0) {
    return (
      <Empty title="Nothing was changed yet.">
        <p>
          A deployment is one: <code>sluice deploy main.ts --tenant NAME</code>
        </p>
      </Empty>
    );
  }
  return (
    <ol class="changes">
      {lines.map(({ id, atMs, actor, action, tenant, target }) => (
        <li key={id}>
          <time dateTime={new Date(atMs).toISOString()}>{ago(atMs)}</time>
          <span>
            <b>{safe(action)}</b>{" "}
            {tenant !== null && <a href={to(["tenants", tenant])}>{safe(tenant)}</a>} {safe(target)}
          </span>
          <span class="muted">{safe(actor)}</span>
        </li>
      ))}
    </ol>
  );
}
