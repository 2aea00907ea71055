// What changes between two settings of a tenant, key by key, for a person to look at:
//
//     limits.hookMs: 50 → 80
//     hosts: ["a.example"] → ["a.example","b.example"]
//     egress: (none) → ["10.0.0.0/8"]

type Mapping = Readonly<Record<string, unknown>>;

export function differencesOf(before: unknown, after: unknown, path = ""): string[] {
  if (isMapping(before) && isMapping(after)) {
    const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
    return [...keys].flatMap((key) =>
      differencesOf(before[key], after[key], path === "" ? key : `${path}.${key}`),
    );
  }
  const [was, is] = [shown(before), shown(after)];
  return was === is ? [] : [`${path}: ${was} → ${is}`];
}

const isMapping = (value: unknown): value is Mapping =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Keys in one order, so that the order in a file is no change. */
const shown = (value: unknown): string =>
  value === undefined ? "(none)" : JSON.stringify(value, (_key, inner) => sorted(inner));

const sorted = (value: unknown): unknown =>
  isMapping(value)
    ? Object.fromEntries(Object.entries(value).sort(([one], [two]) => (one < two ? -1 : 1)))
    : value;
