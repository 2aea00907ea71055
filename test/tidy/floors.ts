// The floor plan as a table: who may import whom. Imports go down; siblings on one floor do not
// know each other; each folder may import itself.

/** Folders of src from the ground up. Each may import every folder on a lower line. */
const FLOORS: readonly (readonly string[])[] = [
  ["wire"],
  ["base"],
  ["http1", "http2", "proxy-protocol", "state", "observe"],
  ["sandbox", "upstream"],
  ["fetch"],
  ["phases"],
  ["downstream", "control"],
  ["fleet"],
  ["cli", "harness"],
];

/**
 * Folders of src/fleet from the ground up, by where their files run. All but the lowest floor and
 * `worker` run in the main thread.
 */
const FLEET_FLOORS: readonly (readonly string[])[] = [
  ["shared"],
  ["children", "worker"],
  ["handover", "cells", "trials"],
  ["main/workers"],
  ["main/live"],
  ["main"],
];

/** The one file that may hold the library of isolates. */
export const ENGINE = "src/sandbox/engine.ts";
const PROPERTY = "test/support/property.ts";

/** `src/http1/head.ts` is in the part `src/http1`, `sdk/runtime/log.ts` in `sdk`. */
const partOf = (path: string): string =>
  path.startsWith("src/") ? path.split("/").slice(0, 2).join("/") : (path.split("/")[0] ?? "");

export interface Import {
  readonly from: string;
  readonly to: string;
  readonly isType: boolean;
}

/** Why a file must not import another, or null. Both are paths from the root of the repository. */
export function objection({ from, to, isType }: Import): string | null {
  const own = partOf(from);
  const other = partOf(to);
  if (own === "src/fleet" && other === own) return objectionInFleet(from, to);
  if (own === other) return null;
  if (own === "sdk") return other === "src/wire" ? null : "sdk sees itself and src/wire only";
  if (own === "scripts") return "scripts see the module sluice only";
  if (!own.startsWith("src/")) return null;
  if (other === "sdk") {
    if (own === "src/wire") return "wire is the ground: it sees nothing";
    return isType ? null : "sdk is bundled, never imported, types aside";
  }
  if (!other.startsWith("src/")) return `src must not depend on ${other}`;
  return objectionOn(FLOORS, "src", own.slice(4), other.slice(4));
}

function objectionInFleet(from: string, to: string): string | null {
  const folder = (path: string): string => path.split("/").slice(2, -1).join("/");
  const [own, other] = [folder(from), folder(to)];
  if (own === other) return null;
  if (other === "worker") return "what the main thread and its workers share lies in shared";
  return objectionOn(FLEET_FLOORS, "src/fleet", own, other);
}

function objectionOn(
  floors: readonly (readonly string[])[],
  house: string,
  own: string,
  other: string,
): string | null {
  const floorOf = (folder: string): number => floors.findIndex((floor) => floor.includes(folder));
  const ownFloor = floorOf(own);
  const otherFloor = floorOf(other);
  if (ownFloor === -1) return `${house}/${own} is not in the floor plan`;
  if (otherFloor === -1) return `${house}/${other} is not in the floor plan`;
  if (otherFloor === ownFloor) return `${own} and ${other} are siblings`;
  return otherFloor < ownFloor ? null : `${other} is above ${own}`;
}

/** Why a file must not import a package or a module of Node, or null. */
export function packageObjection(from: string, specifier: string): string | null {
  const own = partOf(from);
  if (specifier === "isolated-vm" && /^(?:src|sdk|scripts)$/.test(own.split("/")[0] ?? "")) {
    return from === ENGINE ? null : `only ${ENGINE} knows isolated-vm`;
  }
  if (specifier === "fast-check" && from !== PROPERTY) return `only ${PROPERTY} knows its seed`;
  const isNode = specifier.startsWith("node:");
  if (own === "src/wire") return "wire is the ground: it sees nothing";
  if (own === "sdk" && isNode) return "there is no Node inside an isolate";
  if (own === "scripts" && specifier !== "sluice") return "scripts see the module sluice only";
  return null;
}

/** The cycles among these imports, each as the path that closes it. */
export function cyclesAmong(imports: readonly Import[]): string[] {
  const edges = Map.groupBy(imports, ({ from }) => from);
  const done = new Set<string>();
  const path: string[] = [];
  const cycles: string[] = [];
  const visit = (file: string): void => {
    const start = path.indexOf(file);
    if (start !== -1) cycles.push([...path.slice(start), file].join(" → "));
    if (start !== -1 || done.has(file)) return;
    path.push(file);
    for (const { to } of edges.get(file) ?? []) visit(to);
    path.pop();
    done.add(file);
  };
  for (const file of edges.keys()) visit(file);
  return cycles;
}
