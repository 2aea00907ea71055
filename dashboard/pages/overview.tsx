// How the proxy does: what is wrong first, then how much is going on and by whom, and what
// was changed.

import { ofNodes } from "../base/nodes.ts";
import { to } from "../base/router.ts";
import { count, counted, duration, ms, percent } from "../base/text.ts";
import { useApi } from "../base/use-api.ts";
import { Changes } from "../parts/changes.tsx";
import { Faults } from "../parts/faults.tsx";
import { NodeSwitch } from "../parts/node-switch.tsx";
import { Empty, Loaded } from "../parts/states.tsx";
import { type Column, Table } from "../parts/table.tsx";
import { Tile } from "../parts/tile.tsx";
import { TrafficCharts } from "../parts/traffic-charts.tsx";
import type { AuditLine, AuditPage, Status, TenantRate, WholeSeries } from "../types.ts";

const STATUS_MS = 2_000;
const SERIES_MS = 5_000;
const CHANGES_MS = 5_000;
const CHANGES = 8;

export function OverviewPage() {
  const status = useApi<Status>(ofNodes("/status"), STATUS_MS, "tick", "faults");
  const series = useApi<WholeSeries>(ofNodes("/series"), SERIES_MS, "tick");
  const changes = useApi<AuditPage>("/audit?limit=50", CHANGES_MS, "change");
  return (
    <>
      <NodeSwitch nodes={(status.data ?? series.data)?.nodes} />
      <Loaded api={status}>{(data) => <Faults faults={data.faults} />}</Loaded>
      <Loaded api={series}>
        {(data) => (
          <>
            <dl class="tiles">
              <Tiles series={data} status={status.data} />
            </dl>
            <TrafficCharts series={data} height={120} />
            <div class="columns">
              <section aria-labelledby="by-tenant">
                <h2 id="by-tenant">Tenants in the last minute</h2>
                <TenantTable tenants={data.tenants} seconds={secondsOf(data)} />
              </section>
              <section aria-labelledby="last-changes">
                <h2 id="last-changes">
                  Last changes <a href={to(["audit"])}>all</a>
                </h2>
                <Loaded api={changes}>
                  {({ lines }) => <Changes lines={lines.filter(isChange).slice(0, CHANGES)} />}
                </Loaded>
              </section>
            </div>
          </>
        )}
      </Loaded>
    </>
  );
}

/** Who has looked is in the audit log, and changed nothing. */
const isChange = ({ action }: AuditLine): boolean => !/^(?:session|login)\./.test(action);

const secondsOf = ({ minute }: WholeSeries): number => Math.max(1, minute.seconds);

function Tiles({ series, status }: { series: WholeSeries; status: Status | null }) {
  const { requests, errors, p50Ms, p99Ms } = series.minute;
  const answering = (status?.nodes ?? []).filter(({ reason }) => reason === "").length;
  return (
    <>
      <Tile name="Requests" value={`${count(requests / secondsOf(series))}/s`}>
        {count(requests)} in a minute
        {status !== null && `, ${count(status.requestsActive)} active now`}
      </Tile>
      <Tile name="Errors" value={percent(errors, requests)} isBad={errors > 0}>
        {count(errors)} in a minute
      </Tile>
      <Tile name="Time of a request" value={`${ms(p50Ms)} / ${ms(p99Ms)}`}>
        {answering > 1 ? "half / 99 % within, at the slowest" : "half / 99 % within"}
      </Tile>
      {status !== null && (
        <>
          <Tile name="Connections" value={count(status.connections)}>
            {counted(status.workers, "worker")}, {counted(status.cells, "cell")}
          </Tile>
          <Tile name="Runs since" value={duration(Date.now() - Date.parse(status.startedAt))}>
            {answering > 1 ? `the first of ${answering} proxies` : `version ${status.version}`}
          </Tile>
        </>
      )}
    </>
  );
}

interface TenantTableProps {
  readonly tenants: readonly TenantRate[];
  readonly seconds: number;
}

function TenantTable({ tenants, seconds }: TenantTableProps) {
  if (tenants.length === 0) {
    return (
      <Empty title="No tenant has been seen yet.">
        <p>
          <code>sluice tenant put NAME settings.json</code> makes one.
        </p>
      </Empty>
    );
  }
  const rows = tenants.slice(0, ROWS_MAX);
  return <Table columns={columnsFor(seconds)} rows={rows} keyOf={({ tenant }) => tenant} />;
}

const ROWS_MAX = 20;

const columnsFor = (seconds: number): readonly Column<TenantRate>[] => [
  { title: "Tenant", cell: ({ tenant }) => <a href={to(["tenants", tenant])}>{tenant}</a> },
  { title: "Requests/s", kind: "number", cell: ({ requests }) => count(requests / seconds) },
  {
    title: "Errors",
    kind: "number",
    isBad: ({ errors }) => errors > 0,
    cell: ({ errors, requests }) => percent(errors, requests),
  },
  { title: "p50", kind: "number", cell: ({ p50Ms }) => ms(p50Ms) },
  { title: "p99", kind: "number", cell: ({ p99Ms }) => ms(p99Ms) },
  { title: "Script/s", kind: "number", cell: ({ scriptMs }) => ms(scriptMs / seconds) },
];
