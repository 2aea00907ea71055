// From snapshots of all threads to the text that Prometheus scrapes (text format 0.0.4):
//
//     # HELP sluice_requests_total Requests that ended, by tenant and by status of the answer.
//     # TYPE sluice_requests_total counter
//     sluice_requests_total{tenant="demo",status="200"} 12

import { LIMITS } from "../base/limits.ts";
import {
  COUNTERS,
  type Declaration,
  GAUGES,
  HISTOGRAMS,
  type HistogramDeclaration,
} from "./metric-table.ts";
import type { MetricsSnapshot } from "./metrics.ts";

export const METRICS_CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** Adds up what the threads counted, series by series. */
export const renderMetrics = (snapshots: readonly MetricsSnapshot[]): string => {
  const families = merge(snapshots);
  let text = "";
  for (const [name, counter] of Object.entries<Declaration>(COUNTERS)) {
    text += head(name, "counter", counter.help);
    for (const series of seriesOf(families, name, counter)) text += renderValue(counter, series);
  }
  for (const [name, gauge] of Object.entries<Declaration>(GAUGES)) {
    text += head(name, "gauge", gauge.help);
    for (const series of seriesOf(families, name, gauge)) text += renderValue(gauge, series);
  }
  for (const [name, histogram] of Object.entries<HistogramDeclaration>(HISTOGRAMS)) {
    text += head(name, "histogram", histogram.help);
    for (const one of seriesOf(families, name, histogram)) text += renderHistogram(histogram, one);
  }
  return text;
};

interface Series {
  readonly name: string;
  readonly labels: readonly string[];
  readonly values: Float64Array;
}

type Families = Map<string, Map<string, Series>>;

const merge = (snapshots: readonly MetricsSnapshot[]): Families => {
  const families: Families = new Map();
  for (const series of snapshots.flat()) {
    const family = families.get(series.name) ?? new Map<string, Series>();
    families.set(series.name, family);
    const key = JSON.stringify(series.labels);
    const sum = family.get(key);
    if (sum === undefined) {
      family.set(key, { ...series, values: series.values.slice() });
      continue;
    }
    for (const [index, value] of series.values.entries()) {
      sum.values[index] = (sum.values[index] ?? 0) + value;
    }
  }
  return families;
};

export const head = (name: string, type: string, help: string): string =>
  `# HELP ${name} ${escapeHelp(help)}\n# TYPE ${name} ${type}\n`;

// Without labels there is one series, counted or not: a scraper should see the 0.
const seriesOf = (families: Families, name: string, { labels }: Declaration): Iterable<Series> => {
  const series = families.get(name)?.values();
  if (series !== undefined || labels.length > 0) return series ?? [];
  return [{ name, labels: [], values: new Float64Array(0) }];
};

const renderValue = ({ labels }: Declaration, { name, labels: own, values }: Series): string =>
  `${name}${braces(pairs(labels, own))} ${number(values[0] ?? 0)}\n`;

const renderHistogram = ({ labels, bounds }: HistogramDeclaration, series: Series): string => {
  const { name, values } = series;
  const own = pairs(labels, series.labels);
  let text = "";
  let count = 0;
  for (const [index, bound] of [...bounds, Number.POSITIVE_INFINITY].entries()) {
    count += values[index] ?? 0;
    text += `${name}_bucket${braces([...own, pair("le", number(bound))])} ${number(count)}\n`;
  }
  const sum = number(values[bounds.length + 1] ?? 0);
  return `${text}${name}_sum${braces(own)} ${sum}\n${name}_count${braces(own)} ${number(count)}\n`;
};

/** One line, of labels that no table declares. */
export const sample = (
  name: string,
  labels: readonly (readonly [name: string, value: string])[],
  value: number,
): string => {
  const own = labels.map(([label, text]) =>
    pair(label, text.slice(0, LIMITS.metricLabelChars).toWellFormed()),
  );
  return `${name}${braces(own)} ${number(value)}\n`;
};

const pairs = (names: readonly string[], values: readonly string[]): string[] =>
  names.map((name, index) => pair(name, values[index] ?? ""));

const pair = (name: string, value: string): string => `${name}="${escapeLabel(value)}"`;

const braces = (list: readonly string[]): string =>
  list.length === 0 ? "" : `{${list.join(",")}}`;

const number = (value: number): string => {
  if (value === Number.POSITIVE_INFINITY) return "+Inf";
  if (value === Number.NEGATIVE_INFINITY) return "-Inf";
  return String(value);
};

const escapeHelp = (text: string): string => text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");

const escapeLabel = (text: string): string => escapeHelp(text).replaceAll('"', '\\"');
