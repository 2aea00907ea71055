// Why a proxy, a worker or a script does not start, as the one who started it is told.

/** Raised for what the operator can mend: the message is readable lines, one for each problem. */
export class ServeError extends Error {
  /** Absolute paths of the files whose change may mend it, the configuration apart. */
  readonly inputs: readonly string[];

  constructor(message: string, options: ErrorOptions & Partial<Pick<ServeError, "inputs">> = {}) {
    super(message, options);
    this.inputs = options.inputs ?? [];
  }
}

/** Raised in a worker when a script or a listener does not start; the message names it. */
export class StartupError extends Error {}
