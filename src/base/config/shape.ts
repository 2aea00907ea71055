// Looks into a value that has not been checked yet. A value of another shape than asked for counts
// as empty, because the schema reports it.

/** The members of a mapping, in their order. */
export const entriesOf = (value: unknown): ReadonlyMap<string, unknown> =>
  new Map(isMapping(value) ? Object.entries(value) : []);

export const itemsOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

export const isMapping = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** What is at `path`; undefined: nothing. */
export const valueAt = (value: unknown, path: readonly PropertyKey[]): unknown => {
  let found = value;
  for (const segment of path) {
    if (typeof found !== "object" || found === null) return undefined;
    found = Object.getOwnPropertyDescriptor(found, segment)?.value;
  }
  return found;
};
