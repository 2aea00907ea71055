// One request on a page of its own; without a name, those that were kept: the newest that failed or
// were slow.

import { isOfMany, ofNodes } from "../base/nodes.ts";
import { to } from "../base/router.ts";
import { clockMs, ms, safe } from "../base/text.ts";
import { type Api, useApi } from "../base/use-api.ts";
import { NodeSwitch } from "../parts/node-switch.tsx";
import { RequestDetail } from "../parts/request-detail.tsx";
import { Empty, Loaded } from "../parts/states.tsx";
import { type Column, Table } from "../parts/table.tsx";
import type { KeptLine, KeptList } from "../types.ts";
import type { PageProps } from "./props.ts";

const EVERY_MS = 5_000;

export const RequestPage = ({ tenant, name }: PageProps) =>
  name === "" ? (
    <KeptRequests tenant={tenant} />
  ) : (
    <div class="detail">
      <p>
        <a href={to(["tenants", tenant, "requests"])}>Failed and slow requests</a>
      </p>
      <RequestDetail id={name} tenant={tenant} />
    </div>
  );

function KeptRequests({ tenant }: { tenant: string }) {
  const path = `/tenants/${encodeURIComponent(tenant)}/requests?limit=100`;
  const api = useApi<KeptList>(ofNodes(path), EVERY_MS, "tick");
  return (
    <>
      <NodeSwitch nodes={api.data?.nodes} />
      <KeptTable api={api} tenant={tenant} />
    </>
  );
}

const KeptTable = ({ api, tenant }: { api: Api<KeptList>; tenant: string }) => (
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
        <Table columns={columnsFor(tenant)} rows={requests} keyOf={keyOf} />
      )
    }
  </Loaded>
);

/** A request that one proxy has passed to another is kept by both. */
const keyOf = ({ id, node = "" }: KeptLine): string => `${id} ${node}`;

function columnsFor(tenant: string): readonly Column<KeptLine>[] {
  return [
    {
      title: "When",
      cell: ({ id, line }) => (
        <a href={to(["tenants", tenant, "requests", id])}>{clockMs(Date.parse(line.time))}</a>
      ),
    },
    {
      title: "Status",
      kind: "number",
      isBad: ({ line }) => line.error != null,
      cell: ({ line }) => line.status || "–",
    },
    {
      title: "Request",
      kind: "detail",
      cell: ({ line }) => `${safe(line.method, 20)} ${safe(line.target, 200)}`,
    },
    ...(isOfMany()
      ? [{ title: "Proxy", cell: ({ node = "" }: KeptLine) => safe(node, 60) } as const]
      : []),
    { title: "Error", kind: "code", cell: ({ line }) => safe(line.error ?? "", 60) },
    { title: "Time", kind: "number", cell: ({ durationMs }) => ms(durationMs) },
    { title: "Version", cell: ({ line }) => safe(String(line.deployment ?? ""), 40) },
  ];
}
