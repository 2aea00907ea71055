// What is wrong now, the worst first; and in words that nothing is.

import { to } from "../base/router.ts";
import { safe } from "../base/text.ts";
import type { Fault } from "../types.ts";
import { Icon } from "./icon.tsx";

export function Faults({ faults }: { faults: readonly Fault[] }) {
  if (faults.length === 0) {
    return (
      <p class="all-well">
        <Icon name="ok" /> Nothing is wrong.
      </p>
    );
  }
  return (
    <ul class="faults" aria-label="What is wrong">
      {faults.map(({ severity, tenant, text, nodes }) => (
        <li key={`${tenant} ${text}`} class={severity}>
          <Icon name={severity} />
          <span class="hidden">{severity}: </span>
          {tenant !== null && <a href={to(["tenants", tenant])}>{tenant}</a>}
          <span>{safe(text)}</span>
          {nodes !== undefined && <span>({safe(nodes.join(", "), 200)})</span>}
        </li>
      ))}
    </ul>
  );
}
