// What shows the members of objects needs of the inspection that they are a part of (inspect.ts).

export interface Inspection {
  /** Of a member. */
  value(value: unknown): string;
  /** `[a,b]`, or within other brackets; what is too much is counted. */
  list(length: number, item: (index: number) => string, brackets?: string): string;
  /** `{"a":1}`: its own members, those that are to be shown. */
  members(object: object, isShown?: (key: string) => boolean): string;
}
