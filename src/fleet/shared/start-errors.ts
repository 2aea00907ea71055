// Errors of a proxy, a worker or a script that does not start or is not ready to serve. Their
// messages are for whoever asked for it.

import { ownerText } from "../../base/config/operator.ts";
import { placeText, SourceLines } from "../../control/sourcemap.ts";

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

export interface StartTrace {
  /** As the isolate had it. */
  readonly stack: string;
  /** Source map as JSON. */
  readonly map: string;
}

/** @param trace  null: nobody knows where */
export function startProblem(tenant: string, message: string, trace: StartTrace | null): string {
  const place = trace === null ? null : new SourceLines(trace.map).firstPlace(trace.stack, message);
  const where = place === null ? "" : ` at ${placeText(place)}`;
  return `Cannot start the script of ${ownerText(tenant)}: ${message}${where}`;
}
