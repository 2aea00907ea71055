// Every failure of the admin API leaves as a problem document (RFC 9457), made here. An unexpected
// failure becomes a 500 without its cause.

import { STATUS_CODES } from "node:http";
import { StoreError, type StoreFault } from "../store/store.ts";

/** One thing that is wrong with a request. */
export interface FieldProblem {
  /** `limits.hookMs`, or the name of a parameter; empty: the body as a whole. */
  readonly field?: string;
  /** Place in a file that was sent. */
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
  /** `expected …, got …` */
  readonly text: string;
}

export interface ProblemOptions extends ErrorOptions {
  readonly errors?: readonly FieldProblem[];
  readonly headers?: Readonly<Record<string, string>>;
}

/** Thrown by whoever refuses a call: `detail` is a sentence for the caller. */
export class ApiError extends Error {
  readonly status: number;
  readonly errors: readonly FieldProblem[];
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, detail: string, options: ProblemOptions = {}) {
    super(detail, options);
    this.name = "ApiError";
    this.status = status;
    this.errors = options.errors ?? [];
    this.headers = options.headers ?? {};
  }
}

export const PROBLEM_CONTENT_TYPE = "application/problem+json";

/** The document's text. */
export function problemText({ status, message, errors }: ApiError): string {
  const title = STATUS_CODES[status] ?? "Error";
  const rest = errors.length === 0 ? {} : { errors };
  return `${JSON.stringify({ type: "about:blank", status, title, detail: message, ...rest })}\n`;
}

/**
 * What the caller is told of anything that was thrown.
 * @param onError told of what the caller is not
 */
export function toApiError(thrown: unknown, onError: (error: unknown) => void): ApiError {
  if (thrown instanceof ApiError) return thrown;
  if (thrown instanceof StoreError) return fromStore(thrown, onError);
  onError(thrown);
  return new ApiError(500, "The proxy failed to answer. Its log says why.");
}

const STORE_STATUS: Readonly<Record<StoreFault, number>> = {
  not_found: 404,
  conflict: 409,
  unavailable: 503,
  unreachable: 503,
  busy: 503,
  locked: 503,
  unconfirmed: 504,
  fenced: 409,
  paused: 503,
  revoked: 401,
  keyless: 503,
  damaged: 500,
};

/** A handover is no defect of the store, nor is what is said where it happened. */
const LATER: ReadonlySet<StoreFault> = new Set(["paused", "unreachable", "busy", "locked"]);

function fromStore(error: StoreError, onError: (error: unknown) => void): ApiError {
  const status = STORE_STATUS[error.fault];
  if (error.fault === "revoked") {
    return new ApiError(status, error.message, { headers: { "WWW-Authenticate": "Bearer" } });
  }
  // who asked can tell the operator what to do, and nothing is wrong with the store
  if (status < 500 || error.fault === "keyless") return new ApiError(status, error.message);
  if (error.fault === "unconfirmed") return new ApiError(status, error.message);
  if (LATER.has(error.fault)) return closed(error.message);
  onError(error);
  if (error.fault === "damaged") {
    return new ApiError(500, "What is stored cannot be read. The proxy's log says why.");
  }
  const detail = "The store cannot be used now: nothing changed. The proxy's log says why.";
  return new ApiError(503, detail, { headers: RETRY_LATER });
}

const RETRY_LATER = { "Retry-After": "5" };

/** Nothing may change now, but soon. */
export const closed = (detail: string, errors: readonly FieldProblem[] = []): ApiError =>
  new ApiError(503, detail, { errors, headers: RETRY_LATER });
