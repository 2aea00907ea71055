// Requests, errors and times of late, of the proxy or of one tenant.

import { ofNodes } from "../base/nodes.ts";
import { route, setQuery } from "../base/router.ts";
import { useApi } from "../base/use-api.ts";
import { NodeSwitch } from "../parts/node-switch.tsx";
import { Loaded } from "../parts/states.tsx";
import { TrafficCharts } from "../parts/traffic-charts.tsx";
import type { Series } from "../types.ts";
import type { PageProps } from "./props.ts";

const SPANS = [
  ["30m", "half an hour", 5_000],
  ["24h", "a day", 60_000],
] as const;

export function MetricsPage({ tenant }: PageProps) {
  const [span, , everyMs] =
    SPANS.find(([name]) => name === route.value.query.get("span")) ?? SPANS[0];
  const base = tenant === "" ? "/series" : `/tenants/${encodeURIComponent(tenant)}/series`;
  const heard = span === "30m" ? (["tick"] as const) : [];
  const api = useApi<Series>(ofNodes(`${base}?span=${span}`), everyMs, ...heard);
  return (
    <>
      <NodeSwitch nodes={api.data?.nodes} />
      <div class="filters">
        <fieldset class="segments">
          <legend class="hidden">Span</legend>
          {SPANS.map(([name, title]) => (
            <button
              key={name}
              type="button"
              aria-pressed={name === span}
              onClick={() => setQuery({ span: name })}
            >
              {title}
            </button>
          ))}
        </fieldset>
        <span class="muted">
          Kept in this process. For longer there is Prometheus: <code>/metrics</code>
        </span>
      </div>
      <Loaded api={api}>{(series) => <TrafficCharts series={series} height={190} />}</Loaded>
    </>
  );
}
