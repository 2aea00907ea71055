// Names of counters that have labels, and of what a histogram counts: each is a counter of its own.
//
//     answers{plan="free",beta="no"}         one of the series of a counter
//     latency{plan="free",le="25"}           values from the bucket's lower bound up to 25
//     latency{plan="free",le="+Inf"}         values beyond the last bound
//     latency{plan="free",sum}               what all values add up to

/** Of a counter with labels, and of a histogram. */
export const FAMILY_NAME = /^[A-Za-z_][\w.:-]{0,63}$/;
export const LABEL_NAME = /^[A-Za-z][A-Za-z0-9_]{0,31}$/;
export const LABEL_VALUE = /^[\w.:/+*-]{1,64}$/;

/** What /metrics says itself of each series. */
export const RESERVED_LABELS: readonly string[] = ["tenant", "name", "le", "sum"];

/** Labels of one counter or histogram: more make more series than anybody looks at. */
export const LABELS_MAX = 4;

/** Series of one counter or histogram, a histogram's buckets and sums included. */
export const SERIES_MAX = 256;

/** Bounds of a histogram: Prometheus' own defaults are 11. */
export const BUCKETS_MAX = 32;

export type Label = readonly [name: string, value: string];

export interface SeriesName {
  readonly family: string;
  readonly labels: readonly Label[];
  /** Of a histogram: the upper bound of a bucket, or `sum`; empty: of a counter. */
  readonly part: string;
}

/** Without braces if there is nothing to be in them. */
export function seriesText(family: string, labels: readonly Label[], part: string): string {
  let inside = "";
  for (let i = 0; i < labels.length; i++) {
    const [name, value] = labels[i] as Label;
    inside += `${inside === "" ? "" : ","}${name}="${value}"`;
  }
  if (part !== "") {
    inside += `${inside === "" ? "" : ","}${part === "sum" ? "sum" : `le="${part}"`}`;
  }
  return inside === "" ? family : `${family}{${inside}}`;
}

/** Null: it is a counter without labels, whatever else its name holds. */
export function parseSeries(text: string): SeriesName | null {
  const [, family = "", inside = ""] = /^([^{]+)\{([^{}]+)\}$/.exec(text) ?? [];
  if (!FAMILY_NAME.test(family)) return null;
  const labels: Label[] = [];
  let part = "";
  for (const pair of inside.split(",")) {
    if (part !== "") return null;
    const [, name = "", value = ""] = /^(\w+)="([^"]+)"$/.exec(pair) ?? [];
    if (pair === "sum") part = "sum";
    else if (name === "le" && BOUND.test(value)) part = value;
    else if (LABEL_NAME.test(name) && LABEL_VALUE.test(value) && !RESERVED_LABELS.includes(name)) {
      labels.push([name, value]);
    } else return null;
  }
  return { family, labels, part };
}

const BOUND = /^(?:\+Inf|[0-9.]+(?:e[+-]?[0-9]+)?)$/;
