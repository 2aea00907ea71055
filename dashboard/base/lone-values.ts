/** Places of the values that have none on either side: a chart has no line for them. */
export const loneValues = (values: ArrayLike<number | null | undefined>): number[] =>
  Array.from(values, (_, at) => at).filter(
    (at) => isThere(values[at]) && !isThere(values[at - 1]) && !isThere(values[at + 1]),
  );

const isThere = (value: number | null | undefined): boolean => typeof value === "number";
