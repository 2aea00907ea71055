// The counters and histograms of scripts as Prometheus' text. Their labels are the scripts' own, so
// that no table declares them. How many there are is bounded by each tenant's `limits.counters`;
// counters beyond the bound of a metric count as "other".

import { LIMITS } from "../base/limits.ts";
import { type Label, parseSeries } from "../wire/series.ts";
import { head, sample } from "./prometheus.ts";

export interface ScriptCounter {
  /** Its name. */
  readonly tenant: string;
  readonly name: string;
  readonly value: bigint;
}

const VALUE = "sluice_script_value";
const HISTOGRAM = "sluice_script_histogram";

/** One series of a histogram: its buckets, each alone, by their bounds. */
interface Gathered {
  readonly labels: readonly Label[];
  readonly buckets: Map<number, bigint>;
  sum: bigint;
}

export function renderScriptSeries(counters: readonly ScriptCounter[]): string {
  const histograms = new Map<string, Gathered>();
  let values = "";
  let count = 0;
  let others = 0n;
  for (const { tenant, name, value } of counters) {
    const series = parseSeries(name);
    const labels: Label[] = [
      ["tenant", tenant],
      ["name", series?.family ?? name],
    ];
    if (series !== null) labels.push(...series.labels);
    if (series !== null && series.part !== "") gather(histograms, labels, series.part, value);
    else if (++count > LIMITS.metricSeries) others += value;
    else values += sample(VALUE, labels, Number(value));
  }
  if (count > LIMITS.metricSeries) values += sample(VALUE, OTHER, Number(others));
  const histogramText = [...histograms.values()].map(rendered).join("");
  const valueHead = head(VALUE, "gauge", "Values of the counters of scripts, by tenant and name.");
  const help = "Histograms of scripts, by tenant and name.";
  return `${valueHead}${values}${head(HISTOGRAM, "histogram", help)}${histogramText}`;
}

const OTHER: readonly Label[] = [
  ["tenant", "other"],
  ["name", "other"],
];

function gather(
  histograms: Map<string, Gathered>,
  labels: readonly Label[],
  part: string,
  value: bigint,
): void {
  const key = JSON.stringify(labels);
  const one = histograms.get(key) ?? { labels, buckets: new Map<number, bigint>(), sum: 0n };
  histograms.set(key, one);
  if (part === "sum") one.sum = value;
  else one.buckets.set(part === "+Inf" ? Number.POSITIVE_INFINITY : Number(part), value);
}

function rendered({ labels, buckets, sum }: Gathered): string {
  let text = "";
  let count = 0n;
  // what an earlier deployment called a bucket is one all the same
  for (const [bound, value] of [...buckets].sort(([one], [two]) => one - two)) {
    count += value;
    if (bound === Number.POSITIVE_INFINITY) break;
    text += sample(`${HISTOGRAM}_bucket`, [...labels, ["le", String(bound)]], Number(count));
  }
  text += sample(`${HISTOGRAM}_bucket`, [...labels, ["le", "+Inf"]], Number(count));
  text += sample(`${HISTOGRAM}_sum`, labels, Number(sum));
  return text + sample(`${HISTOGRAM}_count`, labels, Number(count));
}
