// What ctx may hold, as the compiler sees it.

/** What ctx may hold: JSON, and nothing that JSON would silently change. */
export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [key: string]: Json | undefined };

/** The sentence that the compiler prints where ctx would hold something else. */
type Not<What extends string> = `ctx cannot hold ${What}: it is JSON, and Uint8Array`;

type NotJson<T> = T extends bigint
  ? Not<"a bigint">
  : T extends symbol
    ? Not<"a symbol">
    : T extends (...args: never[]) => unknown
      ? Not<"a function">
      : T extends Date
        ? Not<"a Date">
        : T extends RegExp
          ? Not<"a RegExp">
          : T extends Map<unknown, unknown> | WeakMap<object, unknown>
            ? Not<"a Map">
            : T extends Set<unknown>
              ? Not<"a Set">
              : T extends Promise<unknown>
                ? Not<"a Promise">
                : never;

/**
 * `T` if it is JSON all the way down, or bytes; else a sentence at the offending property. Whether
 * it extends `Json` is asked of properties only: asked of a ctx itself, the compiler would take the
 * `false` in it for the type `false`, and refuse `true` later.
 */
export type AsJson<T> = T extends string | number | boolean | null | undefined | Uint8Array
  ? T
  : [NotJson<T>] extends [never]
    ? T extends object
      ? { [K in keyof T]: T[K] extends Json | undefined ? T[K] : AsJson<T[K]> }
      : never
    : NotJson<T>;

/** The ctx of a script without `newCtx`: nothing to read, nothing to write. Rust's `()`. */
export type NoCtx = Record<never, never>;
