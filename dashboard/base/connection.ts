// Whether the admin API answers, and since when it does not.

import { signal } from "@preact/signals";

/** Null: it does. Else since when not, in milliseconds since 1970. */
export const downSinceMs = signal<number | null>(null);

export const reached = (): void => {
  downSinceMs.value = null;
};

export const unreachable = (): void => {
  downSinceMs.value ??= Date.now();
};

const FIRST_MS = 1_000;
const LAST_MS = 30_000;

/**
 * How long to wait before the next try: longer each time, and never the same for two pages, so that
 * all that wait do not come back at once.
 */
export const backoffMs = (failures: number, random: () => number = Math.random): number =>
  Math.min(FIRST_MS * 2 ** failures, LAST_MS) * (0.5 + random());

/** What a page waits with the rest of what it shows when the first of it has come again. */
export const againMs = (): number => FIRST_MS * Math.random();
