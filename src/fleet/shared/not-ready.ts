// Why a change did not go live: a worker was not ready for it.

/** A worker cannot serve what it was to: the message says why. */
export class NotReadyError extends Error {
  /** Waits for all of them. Throws with what is wrong with each, a line each; a defect as it is. */
  static async unlessAll(work: readonly Promise<unknown>[]): Promise<void> {
    const ended = await Promise.allSettled(work);
    const reasons = ended.flatMap((one) => (one.status === "rejected" ? [one.reason] : []));
    if (reasons.length === 0) return;
    const defect = reasons.find((reason) => !(reason instanceof NotReadyError));
    if (defect !== undefined || reasons.length === 1) throw defect ?? reasons[0];
    const lines = reasons.map(({ message }: NotReadyError) => message);
    throw new NotReadyError(lines.join("\n"), false);
  }

  /** It did not say so itself, but took too long. */
  readonly isTimeout: boolean;

  constructor(message: string, isTimeout: boolean, options?: ErrorOptions) {
    super(message, options);
    this.name = "NotReadyError";
    this.isTimeout = isTimeout;
  }
}
