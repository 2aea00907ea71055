// The work of a request that goes on after the results of its hooks, because they gave it to
// waitUntil. Its time counts from the end of the request, and the tenant is held until it is over.

export class Background {
  #running = 0;
  #isRequestOver = false;
  #waiting: (() => void)[] = [];
  #free: (() => void) | null = null;

  /** `allow` is called when the request is over. Returns what is to be called at its end. */
  begin(allow: () => void): () => void {
    this.#running++;
    if (this.#isRequestOver) allow();
    else this.#waiting.push(allow);
    let isRunning = true;
    return () => {
      if (!isRunning) return;
      isRunning = false;
      this.#running--;
      this.#tell();
    };
  }

  /** The request is over. `free` is called once nothing of it goes on. */
  requestOver(free: () => void): void {
    this.#isRequestOver = true;
    this.#free = free;
    for (const allow of this.#waiting.splice(0)) allow();
    this.#tell();
  }

  #tell(): void {
    if (this.#running > 0) return;
    const free = this.#free;
    this.#free = null;
    free?.();
  }
}
