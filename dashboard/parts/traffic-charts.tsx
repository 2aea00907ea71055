// Requests, errors, times and script time of the proxy or of one tenant, on one axis.

import { useMemo } from "preact/hooks";
import { isOfMany } from "../base/nodes.ts";
import { count, ms } from "../base/text.ts";
import type { Series } from "../types.ts";
import { Chart, timesOf } from "./chart.tsx";
import { Empty } from "./states.tsx";

const perSecond = (value: number | null): string => (value === null ? "–" : `${count(value)}/s`);
const share = (value: number | null): string => (value === null ? "–" : `${count(value)} %`);

export function TrafficCharts({ series, height }: { series: Series; height?: number }) {
  const { stepMs, toMs, points } = series;
  const size = points.requests.length;
  const times = useMemo(() => timesOf(toMs, stepMs, size), [toMs, stepMs, size]);
  const rates = points.requests.map((value) => (value * 1_000) / stepMs);
  const errors = points.errors.map((value, index) => {
    const all = points.requests[index] ?? 0;
    return all === 0 ? null : (100 * value) / all;
  });
  const script = points.scriptMs.map((value) => value / stepMs);
  if (size < 2) {
    return (
      <Empty title="No figures yet.">
        <p>They are counted in steps of {stepMs / 1_000} s, from the start of the proxy on.</p>
      </Empty>
    );
  }
  const common = { times, ...(height === undefined ? {} : { height }) };
  return (
    <div class="charts">
      <Chart
        {...common}
        title="Requests"
        format={perSecond}
        lines={[{ label: "all", color: "series-1", values: rates, isFilled: true }]}
      />
      <Chart
        {...common}
        title="Errors (5xx or no answer)"
        format={share}
        lines={[{ label: "share", color: "series-bad", values: errors, isFilled: true }]}
      />
      <Chart
        {...common}
        title={isOfMany() ? "Time of a request, at the slowest proxy" : "Time of a request"}
        format={ms}
        lines={[
          { label: "p50", color: "series-1", values: points.p50Ms },
          { label: "p99", color: "series-2", values: points.p99Ms, dash: [6, 3] },
        ]}
      />
      <Chart
        {...common}
        title="Time in scripts, per second"
        format={(value) => (value === null ? "–" : ms(value * 1_000))}
        lines={[{ label: "all", color: "series-3", values: script, isFilled: true }]}
      />
    </div>
  );
}
