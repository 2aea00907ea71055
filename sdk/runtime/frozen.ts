// Values that several hooks see, and none may change for the others.

const keysOf = Object.keys;
const freeze = Object.freeze;

export function deepFrozen<T>(value: T): T {
  if (typeof value !== "object" || value === null) return value;
  const keys = keysOf(value);
  for (let i = 0; i < keys.length; i++) deepFrozen(value[keys[i] as keyof T]);
  return freeze(value);
}
