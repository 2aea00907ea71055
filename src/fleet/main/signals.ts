// What signals mean to a running proxy:
//
//   SIGTERM, SIGINT   stop accepting, finish, end; a later one: end at once
//   SIGHUP            reload
//   SIGUSR2           hand over to a successor

export interface SignalHandlers {
  readonly reload: () => void;
  readonly handOver: () => void;
}

/** A launcher and its terminal both pass one Ctrl-C on: only a later one means "at once". */
const ECHO_MS = 1_000;

export class Signals implements Disposable {
  /** Resolves with the name of the signal that asks for the end. */
  readonly end: Promise<string>;
  readonly #handlers: ReadonlyMap<NodeJS.Signals, () => void>;

  constructor({ reload, handOver }: SignalHandlers) {
    this.end = nextEnd();
    this.#handlers = new Map([
      ["SIGHUP", reload],
      ["SIGUSR2", handOver],
    ]);
    for (const [signal, handler] of this.#handlers) process.on(signal, handler);
  }

  /** Resolves with a signal that comes a while after the end was asked for. */
  async laterEnd(): Promise<string> {
    const sinceMs = performance.now();
    for (;;) {
      const signal = await nextEnd();
      if (performance.now() - sinceMs > ECHO_MS) return signal;
    }
  }

  [Symbol.dispose](): void {
    for (const [signal, handler] of this.#handlers) process.off(signal, handler);
  }
}

function nextEnd(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, resolve);
  });
}
