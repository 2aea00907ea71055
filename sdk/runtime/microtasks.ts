// Whether the code that ran may have left microtasks behind: it awaited something, or touched a
// promise. They run when the crossing ends, and are to find no other call's code before them.

let areLeft = false;

export function leaveMicrotasks(): void {
  areLeft = true;
}

/** Since it was asked last. */
export function wereMicrotasksLeft(): boolean {
  const were = areLeft;
  areLeft = false;
  return were;
}
