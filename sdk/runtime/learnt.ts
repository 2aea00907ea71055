// Everything that a script learns and its frame does not say passes here: the value of a counter, a
// flag, a secret, what the host answered. With the frame these are all that a hook depends on, so
// whoever notes them can have the hook run again, with what was noted in place of what is.

/** Where it comes from. */
export const SOURCE = {
  counter: 1,
  flag: 2,
  secret: 3,
  host: 4,
  rateLimit: 5,
  inflight: 6,
} as const;

export type Source = (typeof SOURCE)[keyof typeof SOURCE];

/** Returns what the script is to learn: the value, or what a record has. */
export type Note = <T>(source: Source, value: T) => T;

let note: Note | null = null;

export function learnt<T>(source: Source, value: T): T {
  return note === null ? value : note(source, value);
}

/** Null: nobody notes anything. */
export function noteWith(next: Note | null): void {
  note = next;
}
