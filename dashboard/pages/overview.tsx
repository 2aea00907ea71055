// How the proxy does: what is wrong first, then how much is going on and by whom, and what
// was changed.

import { to } from "../base/router.ts";
import { count, duration, ms, percent } from "../base/text.ts";
import { useApi } from "../base/use-api.ts";
import { Changes } from "../parts/changes.tsx";
import { Faults } from "../parts/faults.tsx";
import { Empty, Loaded } from "../parts/states.tsx";
import { Tile } from "../parts/tile.tsx";
import { TrafficCharts } from "../parts/traffic-charts.tsx";
import type { AuditLine, Status, TenantRate, WholeSeries } from "../types.ts";

const STATUS_MS = 2_000;
const SERIES_MS = 5_000;
const CHANGES_MS = 5_000;
const MINUTE_S = 60;

export function OverviewPage() {
  const status = useApi<Status>("/status", STATUS_MS);
  const series = useApi<WholeSeries>("/series", SERIES_MS);
  const changes = useApi<{ readonly lines: readonly AuditLine[] }>("/audit?limit=8", CHANGES_MS);
  return (
    <>
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
                <TenantTable tenants={data.tenants} />
              </section>
              <section aria-labelledby="last-changes">
                <h2 id="last-changes">
                  Last changes <a href={to(["audit"])}>all</a>
                </h2>
                <Loaded api={changes}>{({ lines }) => <Changes lines={lines} />}</Loaded>
              </section>
            </div>
          </>
        )}
      </Loaded>
    </>
  );
}

function Tiles({ series, status }: { series: WholeSeries; status: Status | null }) {
  const { points, stepMs } = series;
  const requests = points.requests.slice(-12);
  const sum = (values: readonly number[]) => values.reduce((total, one) => total + one, 0);
  const all = sum(requests);
  const errors = sum(points.errors.slice(-12));
  const seconds = Math.max(1, (requests.length * stepMs) / 1_000);
  const last = (values: readonly (number | null)[]) =>
    values.slice(-12).findLast((value) => value !== null) ?? null;
  return (
    <>
      <Tile name="Requests" value={`${count(all / seconds)}/s`}>
        {status !== null && `${count(status.requestsActive)} active now`}
      </Tile>
      <Tile name="Errors" value={percent(errors, all)} isBad={errors > 0}>
        {count(errors)} in a minute
      </Tile>
      <Tile
        name="Time of a request"
        value={`${ms(last(points.p50Ms))} / ${ms(last(points.p99Ms))}`}
      >
        half / 99 % within
      </Tile>
      {status !== null && (
        <>
          <Tile name="Connections" value={count(status.connections)}>
            {status.workers} workers, {status.cells} cells
          </Tile>
          <Tile name="Runs since" value={duration(Date.now() - Date.parse(status.startedAt))}>
            version {status.version}
          </Tile>
        </>
      )}
    </>
  );
}

export function TenantTable({ tenants }: { tenants: readonly TenantRate[] }) {
  if (tenants.length === 0) {
    return (
      <Empty title="No tenant has been seen yet.">
        <p>
          <code>sluice tenant put NAME settings.json</code> makes one.
        </p>
      </Empty>
    );
  }
  return (
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th scope="col">Tenant</th>
            <th scope="col" class="number">
              Requests/s
            </th>
            <th scope="col" class="number">
              Errors
            </th>
            <th scope="col" class="number">
              p50
            </th>
            <th scope="col" class="number">
              p99
            </th>
            <th scope="col" class="number">
              Script/s
            </th>
          </tr>
        </thead>
        <tbody>
          {tenants.slice(0, 20).map(({ tenant, requests, errors, p50Ms, p99Ms, scriptMs }) => (
            <tr key={tenant}>
              <th scope="row">
                <a href={to(["tenants", tenant])}>{tenant}</a>
              </th>
              <td class="number">{count(requests / MINUTE_S)}</td>
              <td class={errors > 0 ? "number bad" : "number"}>{percent(errors, requests)}</td>
              <td class="number">{ms(p50Ms)}</td>
              <td class="number">{ms(p99Ms)}</td>
              <td class="number">{ms(scriptMs / MINUTE_S)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
