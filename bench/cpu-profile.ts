// What V8's CPU profiles say: the time that each function spent in itself, during a stretch of
// time.

import assert from "node:assert/strict";

/** A `.cpuprofile`, as far as this reads it. Times are microseconds of the monotonic clock. */
export interface CpuProfile {
  readonly nodes: readonly ProfileNode[];
  readonly startTime: number;
  /** For each sample the node that was running. */
  readonly samples: readonly number[];
  /** For each sample the time since the one before it. */
  readonly timeDeltas: readonly number[];
}

interface ProfileNode {
  readonly id: number;
  readonly callFrame: {
    readonly functionName: string;
    readonly url: string;
    /** From 0. */
    readonly lineNumber: number;
  };
}

export interface Stretch {
  readonly fromMicros: number;
  readonly toMicros: number;
}

export interface ProfiledFunction {
  readonly name: string;
  /** `file:line`, or empty for V8's own: `(program)` is native code and system calls. */
  readonly place: string;
  readonly selfMicros: number;
}

export interface ProfileSummary {
  readonly busyMicros: number;
  /** Most time first. */
  readonly functions: readonly ProfiledFunction[];
}

/** `root`, the URL of the checkout, is left off the places. */
export function summariseProfile(
  profile: CpuProfile,
  stretch: Stretch,
  root: string,
): ProfileSummary {
  const places = new Map(profile.nodes.map((node) => [node.id, toPlace(node, root)]));
  const functions = new Map<string, { name: string; place: string; selfMicros: number }>();
  let busyMicros = 0;
  let atMicros = profile.startTime;
  for (const [index, id] of profile.samples.entries()) {
    const spentMicros = profile.timeDeltas[index] ?? 0;
    atMicros += spentMicros;
    const place = places.get(id);
    if (place === undefined || place.name === "(idle)") continue;
    if (atMicros < stretch.fromMicros || atMicros > stretch.toMicros) continue;
    const key = `${place.name} ${place.place}`;
    const entry = functions.get(key) ?? { ...place, selfMicros: 0 };
    entry.selfMicros += spentMicros;
    functions.set(key, entry);
    busyMicros += spentMicros;
  }
  const sorted = [...functions.values()].sort((a, b) => b.selfMicros - a.selfMicros);
  return { busyMicros, functions: sorted };
}

/** The same, summed by file. */
export function byFile(functions: readonly ProfiledFunction[]): ProfiledFunction[] {
  const files = Map.groupBy(functions, ({ name, place }) =>
    place === "" ? name : place.slice(0, place.lastIndexOf(":")),
  );
  return [...files]
    .map(([name, all]) => ({
      name,
      place: "",
      selfMicros: all.reduce((sum, { selfMicros }) => sum + selfMicros, 0),
    }))
    .sort((a, b) => b.selfMicros - a.selfMicros);
}

export function parseProfile(text: string): CpuProfile {
  const parsed: unknown = JSON.parse(text);
  assert(isProfile(parsed), "Cannot read a CPU profile: expected nodes, samples and timeDeltas.");
  return parsed;
}

/** V8 writes these files, not a stranger: a look at the outline is enough. */
function isProfile(value: unknown): value is CpuProfile {
  if (typeof value !== "object" || value === null) return false;
  return "nodes" in value && "samples" in value && "timeDeltas" in value && "startTime" in value;
}

function toPlace({ callFrame }: ProfileNode, root: string): { name: string; place: string } {
  const { url, functionName, lineNumber } = callFrame;
  const name = functionName === "" ? "(anonymous)" : functionName;
  if (url === "") return { name, place: "" };
  const file = url.startsWith(root) ? url.slice(root.length) : url;
  return { name, place: `${file}:${lineNumber + 1}` };
}
