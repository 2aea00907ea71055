// A snapshot on its way from a worker to the main thread, in two pieces: as thousands of lists it
// would take both sides longer than all that is done with it. The text is nearly always that of the
// time before, and is read only if it is not.
//
//     heads    sluice_requests_total["shop","200"]\nsluice_connections[]\n
//     values   of each series, one behind the other

import { COUNTERS, GAUGES, HISTOGRAMS, type MetricName } from "./metric-table.ts";
import type { MetricsSnapshot, SeriesSnapshot } from "./metrics.ts";

export interface PackedSnapshot {
  readonly heads: string;
  readonly values: Float64Array;
}

export function pack(snapshot: MetricsSnapshot): PackedSnapshot {
  const all = new Float64Array(snapshot.reduce((sum, { values }) => sum + values.length, 0));
  let heads = "";
  let at = 0;
  for (const { name, key, values } of snapshot) {
    heads += `${name}${key}\n`;
    all.set(values, at);
    at += values.length;
  }
  return { heads, values: all };
}

interface Head extends Omit<SeriesSnapshot, "values"> {
  readonly size: number;
}

/** For what one worker says, time after time. */
export class Unpacker {
  #text = "";
  /** By their lines. */
  #heads: ReadonlyMap<string, Head> = new Map();

  unpack({ heads, values }: PackedSnapshot): MetricsSnapshot {
    if (heads !== this.#text) this.#read(heads);
    let at = 0;
    return [...this.#heads.values()].map(({ size, ...series }) => {
      at += size;
      return { ...series, values: values.subarray(at - size, at) };
    });
  }

  /** What was there before stays the same object, with all that is remembered of it. */
  #read(text: string): void {
    const lines = text.split("\n").slice(0, -1);
    this.#heads = new Map(lines.map((line) => [line, this.#heads.get(line) ?? headOf(line)]));
    this.#text = text;
  }
}

function headOf(line: string): Head {
  const end = line.indexOf("[");
  const name = line.slice(0, end);
  if (!isMetric(name)) throw new TypeError(`${name} is no metric`);
  const key = line.slice(end);
  const labels: readonly string[] = JSON.parse(key);
  return { name, key, labels, size: isHistogram(name) ? HISTOGRAMS[name].bounds.length + 2 : 1 };
}

const isHistogram = (name: string): name is keyof typeof HISTOGRAMS =>
  Object.hasOwn(HISTOGRAMS, name);

const isMetric = (name: string): name is MetricName =>
  Object.hasOwn(COUNTERS, name) || Object.hasOwn(GAUGES, name) || isHistogram(name);
