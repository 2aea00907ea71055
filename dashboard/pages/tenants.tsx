// All tenants by name, with whether they serve.

import { useState } from "preact/hooks";
import { to } from "../base/router.ts";
import { safe } from "../base/text.ts";
import { useApi } from "../base/use-api.ts";
import { State } from "../parts/state.tsx";
import { Empty, Loaded } from "../parts/states.tsx";
import { type Column, Table } from "../parts/table.tsx";
import type { TenantLine, TenantList } from "../types.ts";

const EVERY_MS = 10_000;
const ROWS_MAX = 200;

export function TenantsPage() {
  const api = useApi<TenantList>("/tenants", EVERY_MS, "change", "faults");
  const [wanted, setWanted] = useState("");
  return (
    <Loaded api={api}>
      {({ tenants }) => {
        const found = tenants.filter(({ name, hosts }) =>
          [name, ...hosts].some((text) => text.includes(wanted.toLowerCase())),
        );
        return (
          <>
            <div class="filters">
              <input
                type="search"
                aria-label="Tenants whose name or host has this text"
                placeholder="Name or host"
                value={wanted}
                onInput={(event) => setWanted(event.currentTarget.value)}
              />
              <span class="muted" role="status">
                {found.length} of {tenants.length}
                {found.length > ROWS_MAX && `, the first ${ROWS_MAX} are shown`}
              </span>
            </div>
            {tenants.length === 0 ? (
              <NoTenant />
            ) : (
              <Table columns={COLUMNS} rows={found.slice(0, ROWS_MAX)} keyOf={({ name }) => name} />
            )}
          </>
        );
      }}
    </Loaded>
  );
}

const NoTenant = () => (
  <Empty title="There is no tenant yet.">
    <p>
      <code>sluice tenant put shop settings.json</code> makes one, or name it in{" "}
      <code>sluice.yaml</code>.
    </p>
  </Empty>
);

const COLUMNS: readonly Column<TenantLine>[] = [
  { title: "Tenant", cell: ({ name }) => <a href={to(["tenants", name])}>{name}</a> },
  {
    title: "State",
    cell: ({ state, reason }) => (
      <>
        <State state={state} /> <span class="muted">{safe(reason)}</span>
      </>
    ),
  },
  { title: "Hosts", kind: "code", cell: ({ hosts }) => safe(hosts.join(", "), 200) },
  {
    title: "Settings from",
    cell: ({ origin }) => (origin === "file" ? "sluice.yaml" : "the API"),
  },
];
