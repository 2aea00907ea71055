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
import type { MetricsSnapshot, SeriesSnapshot } from "./metrics.ts";
import { type Family, SeriesSums } from "./series-sums.ts";

export const METRICS_CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** Adds up what the threads counted, series by series. */
export const renderMetrics = (snapshots: readonly MetricsSnapshot[]): string => {
  const sums = new SeriesSums();
  for (const snapshot of snapshots) sums.add(snapshot);
  const families: ReadonlyMap<string, Family> = sums.families;
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

export const head = (name: string, type: string, help: string): string =>
  `# HELP ${name} ${escapeHelp(help)}\n# TYPE ${name} ${type}\n`;

interface Series extends Pick<SeriesSnapshot, "labels" | "values"> {
  readonly name: string;
}

// Without labels there is one series, counted or not: a scraper should see the 0.
const seriesOf = (
  families: ReadonlyMap<string, Family>,
  name: string,
  { labels }: Declaration,
): Iterable<Series> => {
  const series = families.get(name)?.values();
  if (series !== undefined || labels.length > 0) return series ?? [];
  return [{ name, labels: [], values: new Float64Array(0) }];
};

const renderValue = (counter: Declaration, { name, labels, values }: Series): string =>
  `${name}${braces(textOf(counter, labels))} ${number(values[0] ?? 0)}\n`;

const renderHistogram = (histogram: HistogramDeclaration, series: Series): string => {
  const { name, labels, values } = series;
  const own = textOf(histogram, labels);
  const before = own === "" ? "" : `${own},`;
  const { bounds } = histogram;
  let text = "";
  let count = 0;
  for (let index = 0; index <= bounds.length; index++) {
    count += values[index] ?? 0;
    const bound = number(bounds[index] ?? Number.POSITIVE_INFINITY);
    text += `${name}_bucket{${before}le="${bound}"} ${number(count)}\n`;
  }
  const sum = number(values[bounds.length + 1] ?? 0);
  return `${text}${name}_sum${braces(own)} ${sum}\n${name}_count${braces(own)} ${number(count)}\n`;
};

/** By the labels of a series: a page has thousands, and nearly all are those of the last one. */
const TEXTS = new WeakMap<readonly string[], string>();

/** Labels with their names. A list of labels belongs to one series. */
const textOf = ({ labels: names }: Declaration, labels: readonly string[]): string => {
  const known = TEXTS.get(labels);
  if (known !== undefined) return known;
  const text = names.map((name, index) => pair(name, labels[index] ?? "")).join(",");
  TEXTS.set(labels, text);
  return text;
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
  return `${name}${braces(own.join(","))} ${number(value)}\n`;
};

const pair = (name: string, value: string): string => `${name}="${escapeLabel(value)}"`;

const braces = (pairs: string): string => (pairs === "" ? "" : `{${pairs}}`);

const number = (value: number): string => {
  if (value === Number.POSITIVE_INFINITY) return "+Inf";
  if (value === Number.NEGATIVE_INFINITY) return "-Inf";
  return String(value);
};

const escapeHelp = (text: string): string => text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");

const escapeLabel = (text: string): string => escapeHelp(text).replaceAll('"', '\\"');
