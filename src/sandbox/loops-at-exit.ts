// Watchdogs that run when a thread ends by `process.exit`, or by an error that nobody catches:
// nothing can be awaited then, so the thread stands still until their loops are over.

/** Something whose loop runs in another thread. */
interface Loop {
  /** Tells it to end, and stands still until it has, or the time is up. */
  stopNow(withinMs: number): void;
}

/** A loop that sleeps is woken, and one that looks does so every 5 ms. */
const LOOP_MS = 300;

/** For the library to leave what it touches once a loop has ended: some microseconds of work. */
const LEAVE_MS = 5;

export class LoopsAtExit {
  readonly #loops = new Set<Loop>();
  #isListening = false;

  add(loop: Loop): void {
    this.#loops.add(loop);
    if (this.#isListening) return;
    this.#isListening = true;
    process.on("exit", () => this.#stop());
  }

  delete(loop: Loop): void {
    this.#loops.delete(loop);
  }

  #stop(): void {
    if (this.#loops.size === 0) return;
    for (const loop of this.#loops) loop.stopNow(LOOP_MS);
    this.#loops.clear();
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LEAVE_MS);
  }
}
