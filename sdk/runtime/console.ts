// `console`: the lines of `log`, and what else people have in the habit of calling. Counts and
// times are this isolate's alone; groups end with the call that began them.

import { frozenNow } from "./clock.ts";
import { type Call, current } from "./current.ts";
import { format } from "./format.ts";
import { inspect } from "./inspect.ts";
import { LEVEL, writeLine } from "./log.ts";
import { mapDelete, mapGet, mapSet, mapSize, stringRepeat, uncurry } from "./primordials.ts";
import { tableText } from "./table-text.ts";

/** Labels of counts and of times that are kept; more are not, and say so. */
const LABELS_MAX = 256;
/** Groups within groups are not indented further. */
const GROUPS_MAX = 8;

const counts = new Map<string, number>();
const times = new Map<string, number>();
const groups = new WeakMap<Call, number>();
const groupsGet: (map: WeakMap<Call, number>, call: Call) => number | undefined = uncurry(
  WeakMap.prototype.get,
);
const groupsSet: (map: WeakMap<Call, number>, call: Call, depth: number) => unknown = uncurry(
  WeakMap.prototype.set,
);

function depthNow(): number {
  const call = current();
  return call === null ? 0 : (groupsGet(groups, call) ?? 0);
}

function setDepth(depth: number): void {
  const call = current();
  if (call !== null) groupsSet(groups, call, depth);
}

const write = (level: number, text: string): void =>
  writeLine(level, stringRepeat("  ", depthNow()) + text);

const at =
  (level: number) =>
  (...parts: unknown[]): void =>
    write(level, format(parts));

const labelOf = (label: unknown): string => (label === undefined ? "default" : inspect(label));

function keep(map: Map<string, number>, label: string, value: number): boolean {
  if (mapGet(map, label) === undefined && mapSize(map) >= LABELS_MAX) {
    write(LEVEL.warn, `console: at most ${LABELS_MAX} labels are kept in an isolate`);
    return false;
  }
  mapSet(map, label, value);
  return true;
}

function group(...parts: unknown[]): void {
  if (parts.length > 0) write(LEVEL.info, format(parts));
  setDepth(depthNow() < GROUPS_MAX ? depthNow() + 1 : GROUPS_MAX);
}

function timeLog(given: unknown, parts: unknown[]): boolean {
  const label = labelOf(given);
  const since = mapGet(times, label);
  if (since === undefined) {
    write(LEVEL.warn, `${label}: there is no such timer`);
    return false;
  }
  const more = parts.length === 0 ? "" : ` ${format(parts)}`;
  write(LEVEL.info, `${label}: ${frozenNow() - since} ms${more}`);
  return true;
}

const methods = {
  trace: at(LEVEL.trace),
  debug: at(LEVEL.debug),
  info: at(LEVEL.info),
  log: at(LEVEL.info),
  warn: at(LEVEL.warn),
  error: at(LEVEL.error),
  dir: (value?: unknown): void => write(LEVEL.info, inspect(value)),
  dirxml: at(LEVEL.info),
  assert(condition?: unknown, ...parts: unknown[]): void {
    if (condition) return;
    const said = parts.length === 0 ? "" : `: ${format(parts)}`;
    write(LEVEL.error, `Assertion failed${said}`);
  },
  count(label?: unknown): void {
    const name = labelOf(label);
    const next = (mapGet(counts, name) ?? 0) + 1;
    if (keep(counts, name, next)) write(LEVEL.info, `${name}: ${next}`);
  },
  countReset: (label?: unknown): void => {
    mapDelete(counts, labelOf(label));
  },
  time: (label?: unknown): void => {
    keep(times, labelOf(label), frozenNow());
  },
  timeLog: (label?: unknown, ...parts: unknown[]): void => {
    timeLog(label, parts);
  },
  timeEnd(label?: unknown): void {
    if (timeLog(label, [])) mapDelete(times, labelOf(label));
  },
  group,
  groupCollapsed: group,
  groupEnd: (): void => setDepth(depthNow() > 0 ? depthNow() - 1 : 0),
  table: (data?: unknown): void => write(LEVEL.info, tableText(data) ?? inspect(data)),
};

export function installConsole(target: typeof globalThis): void {
  Object.defineProperty(target, "console", {
    value: methods,
    writable: true,
    configurable: true,
    enumerable: false,
  });
}
