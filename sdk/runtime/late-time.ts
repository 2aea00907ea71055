// Processor time of requests that no result has told the host: of code that went on behind its
// hook's result, and of hooks that were cancelled. The next call of the same request begins with
// it. Where more requests leave some behind than there is room for, the later ones count.

/** A call, as far as its time goes. */
interface Timed {
  readonly request: number;
  cpuMs: number;
  cpuMsBefore: number;
}

/** Requests: a power of two. */
const PLACES = 1_024;

const requests = new Int32Array(PLACES);
const lateMs = new Int32Array(PLACES);

export function noteLate(request: number, spentMs: number): void {
  const place = request & (PLACES - 1);
  if (requests[place] !== request) lateMs[place] = 0;
  requests[place] = request;
  lateMs[place] = (lateMs[place] ?? 0) + spentMs;
}

/** For a call that begins. */
export function takeLate(call: Timed): void {
  call.cpuMsBefore = call.cpuMs;
  const place = call.request & (PLACES - 1);
  if (requests[place] !== call.request) return;
  call.cpuMs += lateMs[place] ?? 0;
  lateMs[place] = 0;
}
