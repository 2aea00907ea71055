// Remembers values that the schema has parsed before with the same function.

export const known = <T>(parsed: T | null): T => {
  if (parsed === null) throw new TypeError("a value passed the schema that does not parse");
  return parsed;
};
