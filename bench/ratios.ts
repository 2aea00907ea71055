// The arithmetic of the comparison: medians of the runs, ratios between contestants in turns next
// to each other, and the goals that Sluice is held to.

export interface Goal {
  readonly of: string;
  readonly to: string;
  readonly goal: number;
  /** What is aimed at after that. */
  readonly later: number;
}

export const GOALS: readonly Goal[] = [
  { of: "sluice-script", to: "nginx-lua", goal: 0.6, later: 0.9 },
  { of: "sluice-cell", to: "nginx-lua", goal: 0.5, later: 0.6 },
  { of: "sluice-script", to: "nginx-njs", goal: 0.7, later: 1.0 },
  { of: "sluice-script", to: "haproxy-lua", goal: 1.0, later: 1.4 },
  { of: "sluice-script", to: "workerd", goal: 5, later: 8 },
  { of: "sluice", to: "nginx", goal: 0.65, later: 0.85 },
  { of: "sluice-limit", to: "sluice-script", goal: 0.95, later: 1.0 },
  { of: "sluice-cell-limit", to: "sluice-cell", goal: 0.95, later: 1.0 },
  { of: "sluice-token", to: "nginx-njs-token", goal: 1.0, later: 1.5 },
  { of: "sluice-fetch", to: "nginx-njs-fetch", goal: 1.0, later: 1.5 },
];

/** Turns of two contestants next to each other, with the same requests. */
export interface Pairs {
  readonly of: string;
  readonly to: string;
  /** In each round: requests of the one for the processor time of one of the other. */
  readonly ratios: readonly number[];
}

export interface Ratio extends Goal, Spread {
  readonly verdict: "met" | "missed" | "met, later goal too" | "open";
}

/** Of those pairs that have a goal. */
export function compare(pairs: readonly Pairs[]): Ratio[] {
  return pairs.flatMap(({ of, to, ratios }) => {
    const goal = GOALS.find((each) => each.of === of && each.to === to);
    if (goal === undefined) return [];
    return [{ ...goal, ...spreadOf(ratios), verdict: judge(ratios, goal) }];
  });
}

/** All of fewer lie on one side of the true middle in more than one case of twenty. */
const VALUES_MIN = 6;

/** Open: the goal lies where the ratio may be, or there are too few turns to say where that is. */
function judge(ratios: readonly number[], { goal, later }: Goal): Ratio["verdict"] {
  const { low, high } = spreadOf(ratios);
  if (ratios.length < VALUES_MIN) return "open";
  if (low >= later) return "met, later goal too";
  if (low >= goal) return "met";
  return high < goal ? "missed" : "open";
}

/** How many times what one turn cost the other did. */
export const ratiosOf = (micros: readonly number[], others: readonly number[]): number[] =>
  micros.map((each, round) => each / (others[round] ?? Number.NaN));

export interface Spread {
  readonly middle: number;
  /** The true middle of six or more lies between these in about nineteen of twenty cases. */
  readonly low: number;
  readonly high: number;
}

/** The median, and the values so many places beside it as the square root of their number. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const [half, beside] = [sorted.length / 2, Math.sqrt(sorted.length)];
  const low = sorted[Math.max(0, Math.floor(half - beside))] ?? Number.NaN;
  const high = sorted[Math.min(sorted.length, Math.ceil(half + beside)) - 1] ?? Number.NaN;
  return { middle: median(values), low, high };
}

/** The middle value, or the mean of the two middle ones. Throws on an empty list. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.ceil(sorted.length / 2) - 1];
  if (upper === undefined || lower === undefined)
    throw new Error("Cannot take a median of nothing.");
  return (lower + upper) / 2;
}
