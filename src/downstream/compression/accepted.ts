// Which coding a client gets, of those that it accepts (RFC 9110 section 12.5.3).

import type { Coding } from "./encoders.ts";

/** Null: none of them. @param ours  the best one first, which decides where the client does not */
export function acceptedCoding(accepted: string, ours: readonly Coding[]): Coding | null {
  const weights = new Map<string, number>();
  for (const item of accepted.split(",")) {
    const [name = "", ...parameters] = item.split(";").map((part) => part.trim().toLowerCase());
    if (name !== "") weights.set(name, weightOf(parameters));
  }
  const any = weights.get("*") ?? 0;
  let best: Coding | null = null;
  let bestWeight = 0;
  for (const coding of ours) {
    const weight = weights.get(coding) ?? any;
    if (weight <= bestWeight) continue;
    best = coding;
    bestWeight = weight;
  }
  return best;
}

/** What is no weight counts as none: plain is always right. */
function weightOf(parameters: readonly string[]): number {
  const given = parameters.find((parameter) => /^q\s*=/.test(parameter));
  if (given === undefined) return 1;
  const text = given.slice(given.indexOf("=") + 1).trim();
  return /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(text) ? Number(text) : 0;
}
