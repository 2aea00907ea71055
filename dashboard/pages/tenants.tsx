// All tenants by name, with whether they serve.

import { useState } from "preact/hooks";
import { to } from "../base/router.ts";
import { safe } from "../base/text.ts";
import { useApi } from "../base/use-api.ts";
import { State } from "../parts/state.tsx";
import { Empty, Loaded } from "../parts/states.tsx";
import type { TenantLine } from "../types.ts";

const EVERY_MS = 10_000;
const ROWS_MAX = 200;

export function TenantsPage() {
  const api = useApi<{ readonly tenants: readonly TenantLine[] }>("/tenants", EVERY_MS);
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
            {tenants.length === 0 ? <NoTenant /> : <Table tenants={found.slice(0, ROWS_MAX)} />}
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

const Table = ({ tenants }: { tenants: readonly TenantLine[] }) => (
  <div class="scroll">
    <table>
      <thead>
        <tr>
          <th scope="col">Tenant</th>
          <th scope="col">State</th>
          <th scope="col">Hosts</th>
          <th scope="col">Settings from</th>
        </tr>
      </thead>
      <tbody>
        {tenants.map(({ name, state, reason, hosts, origin }) => (
          <tr key={name}>
            <th scope="row">
              <a href={to(["tenants", name])}>{name}</a>
            </th>
            <td>
              <State state={state} /> <span class="muted">{safe(reason)}</span>
            </td>
            <td class="code">{safe(hosts.join(", "), 200)}</td>
            <td>{origin === "file" ? "sluice.yaml" : "the API"}</td>
          </tr>
        ))}
      </tbody>
    </table>
  </div>
);
