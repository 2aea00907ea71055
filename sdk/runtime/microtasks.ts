// Whether the code that ran may have left microtasks behind: it awaited something, or touched a
// promise. They run when the crossing ends, and are to find no other call's code before them.

let areLeft = false;
/** The engine may run code of the script in microtasks that nobody tells of. */
let areUntold = false;
/** The promise that the host was asked for last, while nothing has settled it; null: none. */
let asked: object | null = null;
let isAskedAwaited = false;

export function leaveMicrotasks(): void {
  areLeft = true;
}

/** The script has a `then` of its own, or makes promises by a name that is not known. */
export function expectUntold(): void {
  areUntold = true;
}

/** Since it was asked last, by whatever told of it. */
export function wereMicrotasksLeft(): boolean {
  const were = areLeft;
  areLeft = false;
  isAskedAwaited = false;
  return were;
}

/** The same where code of the script has run, which may always have left some untold. */
export const mayHaveLeftMicrotasks = (): boolean => wereMicrotasksLeft() || areUntold;

/** Only the host's answer settles it, unless `hasSettled` says that something else has. */
export function askedFor(promise: object): void {
  asked = promise;
}

/** What awaits it goes on. */
export function hasSettled(): void {
  asked = null;
  areLeft = true;
}

/**
 * Whether what awaits `promise` leaves no microtask, as far as can be known: that is what the host
 * was asked for, or comes behind an await of it. Where that is wrong, what goes on finds itself in
 * no slice of its call, and waits for one (promises.ts): a crossing more, and no harm.
 */
export function isForHost(promise: object): boolean {
  isAskedAwaited ||= promise === asked;
  return isAskedAwaited;
}
