// How near a tenant is to each of its limits, the nearest first.

import { count, percent, safe } from "../base/text.ts";
import { useApi } from "../base/use-api.ts";
import type { Limit, LimitList } from "../types.ts";
import { Empty, Loaded } from "./states.tsx";
import { type Column, Table } from "./table.tsx";

const EVERY_MS = 5_000;
/** From here on it stands out. */
const NEAR = 0.8;

export function Limits({ tenant }: { tenant: string }) {
  const path = `/tenants/${encodeURIComponent(tenant)}/limits`;
  const api = useApi<LimitList>(path, EVERY_MS, "tick");
  return (
    <section aria-labelledby="limits">
      <h2 id="limits">Limits</h2>
      <p class="muted">
        What there is now in the worker that is nearest to it; with *, the most that one request has
        used since settings or versions changed.
      </p>
      <Loaded api={api}>
        {({ limits }) => {
          const rows = ordered(limits);
          if (rows.length === 0) return <Empty title="Nothing is used of any limit." />;
          return <Table columns={COLUMNS} rows={rows} keyOf={(one) => one.name} />;
        }}
      </Loaded>
    </section>
  );
}

const shareOf = ({ used, limit }: Limit): number =>
  used === null || limit === 0 ? -1 : used / limit;

/** Of which nothing is used is not worth a row. */
const ordered = (limits: readonly Limit[]): Limit[] =>
  limits
    .filter(({ used }) => used !== null && used > 0)
    .sort((one, two) => shareOf(two) - shareOf(one));

const COLUMNS: readonly Column<Limit>[] = [
  { title: "Limit", kind: "code", cell: ({ name }) => safe(name) },
  {
    title: "Used",
    kind: "number",
    isBad: (one) => shareOf(one) >= NEAR,
    cell: ({ used, isMost }) => `${count(used ?? 0)}${isMost ? " *" : ""}`,
  },
  { title: "At most", kind: "number", cell: ({ limit }) => count(limit) },
  {
    title: "Share",
    cell: (one) => (
      <span class="limit-share">
        <meter
          min={0}
          max={one.limit}
          high={one.limit * NEAR}
          value={one.used ?? 0}
          aria-label={`${one.name}: share that is used`}
        />{" "}
        {percent(one.used ?? 0, one.limit)}
      </span>
    ),
  },
  { title: "Bounds", cell: ({ bounds }) => safe(bounds) },
];
