// Everything that a script learns and its frame does not say passes here: the value of a counter, a
// flag, a secret, what the host answered, what was drawn by lot. With the frame these are all that
// a hook depends on. So a call that is noted can run again, in whichever lane, with what was noted
// in place of what is (notes.ts). Nobody notes unless a request is captured or replayed.

/** Where it comes from. */
export const SOURCE = {
  counter: 1,
  flag: 2,
  secret: 3,
  host: 4,
  rateLimit: 5,
  inflight: 6,
  random: 7,
  /** Of cryptography, what is not the same each time. */
  crypto: 8,
} as const;

export type Source = (typeof SOURCE)[keyof typeof SOURCE];

/** What the call that runs has learnt, or is to learn again. */
export interface Learning {
  /** Returns what the script is to learn: the value, or what a record has of that key. */
  learn<T>(source: Source, key: string, value: T): T;
  /** A slice of the call begins. */
  begin(): void;
  /** Another call's slice may follow. */
  end(): void;
}

let learning: Learning | null = null;

/** @param key  tells it from others of its source */
export function learnt<T>(source: Source, key: string, value: T): T {
  return learning === null ? value : learning.learn(source, key, value);
}

/** For what costs something to hand over. */
export const isNoted = (): boolean => learning !== null;

/** Null: nobody notes anything. */
export function learnWith(next: Learning | null): void {
  if (learning === next) {
    next?.begin();
    return;
  }
  learning?.end();
  learning = next;
  next?.begin();
}
