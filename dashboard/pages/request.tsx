// One request on a page of its own; without a name, those that were kept: the newest that failed or
// were slow.

import type { PageProps } from "../app.tsx";
import { to } from "../base/router.ts";
import { clockMs, ms, safe } from "../base/text.ts";
import { useApi } from "../base/use-api.ts";
import { RequestDetail } from "../parts/request-detail.tsx";
import { Empty, Loaded } from "../parts/states.tsx";
import type { KeptRequest } from "../types.ts";

const EVERY_MS = 5_000;

type Listed = Omit<KeptRequest, "spans">;

export const RequestPage = ({ tenant, name }: PageProps) =>
  name === "" ? (
    <KeptList tenant={tenant} />
  ) : (
    <div class="detail">
      <p>
        <a href={to(["tenants", tenant, "requests"])}>Failed and slow requests</a>
      </p>
      <RequestDetail id={name} tenant={tenant} />
    </div>
  );

function KeptList({ tenant }: { tenant: string }) {
  const path = `/tenants/${encodeURIComponent(tenant)}/requests?limit=100`;
  const api = useApi<{ readonly requests: readonly Listed[] }>(path, EVERY_MS);
  return (
    <Loaded api={api}>
      {({ requests }) =>
        requests.length === 0 ? (
          <Empty title="None has failed or was slow.">
            <p>
              Those that do are kept with their timings, the newest of each worker:{" "}
              <code>log.keep</code> and <code>log.slowMs</code> of the configuration say how many.
            </p>
          </Empty>
        ) : (
          <KeptTable tenant={tenant} requests={requests} />
        )
      }
    </Loaded>
  );
}

const KeptTable = ({ tenant, requests }: { tenant: string; requests: readonly Listed[] }) => (
  <div class="scroll">
    <table>
      <thead>
        <tr>
          <th scope="col">When</th>
          <th scope="col" class="number">
            Status
          </th>
          <th scope="col">Request</th>
          <th scope="col">Error</th>
          <th scope="col" class="number">
            Time
          </th>
          <th scope="col">Version</th>
        </tr>
      </thead>
      <tbody>
        {requests.map(({ id, durationMs, line }) => (
          <tr key={id}>
            <th scope="row">
              <a href={to(["tenants", tenant, "requests", id])}>{clockMs(Date.parse(line.time))}</a>
            </th>
            <td class={line.error == null ? "number" : "number bad"}>{line.status || "–"}</td>
            <td class="code detail">
              {safe(line.method, 20)} {safe(line.target, 200)}
            </td>
            <td class="code">{safe(line.error ?? "", 60)}</td>
            <td class="number">{ms(durationMs)}</td>
            <td>{safe(String(line.deployment ?? ""), 40)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  </div>
);
