// Why a change did not go live: a worker was not ready for it.

/** A worker cannot serve what it was to: the message says why. */
export class NotReadyError extends Error {
  /** It did not say so itself, but took too long. */
  readonly isTimeout: boolean;

  constructor(message: string, isTimeout: boolean, options?: ErrorOptions) {
    super(message, options);
    this.name = "NotReadyError";
    this.isTimeout = isTimeout;
  }
}
