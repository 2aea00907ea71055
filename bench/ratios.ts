// The arithmetic of the comparison: medians of the runs, ratios between contestants, and the goals
// that Sluice is held to.

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

export interface Ratio extends Goal {
  readonly ratio: number;
  readonly verdict: "met" | "missed" | "met, later goal too";
}

/** Ratios of those pairs of which both were measured. */
export function compare(rates: ReadonlyMap<string, number>): Ratio[] {
  const ratios: Ratio[] = [];
  for (const goal of GOALS) {
    const ours = rates.get(goal.of);
    const theirs = rates.get(goal.to);
    if (ours === undefined || theirs === undefined || theirs === 0) continue;
    const ratio = ours / theirs;
    ratios.push({ ...goal, ratio, verdict: judge(ratio, goal) });
  }
  return ratios;
}

function judge(ratio: number, goal: Goal): Ratio["verdict"] {
  if (ratio >= goal.later) return "met, later goal too";
  return ratio >= goal.goal ? "met" : "missed";
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
