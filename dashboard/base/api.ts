// Calls of the admin API. The page is at …/dashboard/, the API beside it at …/v1/, under whatever
// prefix stands in front. A refusal is a Problem, with the API's own sentence.

import { reached, unreachable } from "./connection.ts";
import { forgetKey, sessionKey } from "./key.ts";
import { signedOut } from "./session-state.ts";

export interface FieldProblem {
  readonly field?: string;
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
  readonly text: string;
}

/** What went wrong, in words. Status 0: nobody answered. */
export class Problem extends Error {
  readonly status: number;
  readonly errors: readonly FieldProblem[];

  constructor(status: number, detail: string, errors: readonly FieldProblem[] = []) {
    super(detail);
    this.status = status;
    this.errors = errors;
  }
}

export interface CallOptions {
  readonly method?: string;
  readonly body?: unknown;
  /** ETag that was seen: the change is refused if somebody else was faster. */
  readonly ifMatch?: string | null;
  readonly signal?: AbortSignal;
  /** Of a stream that goes on; empty: it begins. */
  readonly lastEventId?: string;
  /** Left out: as long as most answers may take. */
  readonly timeoutMs?: number;
}

export interface Answer<T> {
  readonly body: T;
  readonly etag: string | null;
}

const TIMEOUT_MS = 20_000;

export const urlOf = (path: string): string => new URL(`../v1${path}`, document.baseURI).href;

/** @param path  behind `/v1` */
export async function call<T>(path: string, options: CallOptions = {}): Promise<Answer<T>> {
  const timeout = AbortSignal.timeout(options.timeoutMs ?? TIMEOUT_MS);
  const { signal = timeout } = options;
  const response = await request(path, { ...options, signal: AbortSignal.any([signal, timeout]) });
  const text = await response.text();
  return { body: text === "" ? null : JSON.parse(text), etag: response.headers.get("etag") };
}

/** The answer itself, for what comes as a stream. Throws Problem for what is no success. */
export async function request(path: string, options: CallOptions): Promise<Response> {
  const { method = "GET", body, ifMatch = null, signal, lastEventId = "" } = options;
  const headers = new Headers();
  const key = sessionKey();
  if (key !== null) headers.set("Sluice-Session-Key", key);
  if (body !== undefined) headers.set("Content-Type", "application/json");
  if (ifMatch !== null) headers.set("If-Match", ifMatch);
  if (lastEventId !== "") headers.set("Last-Event-ID", lastEventId);
  const init: RequestInit = { method, headers, cache: "no-store", credentials: "same-origin" };
  if (body !== undefined) init.body = JSON.stringify(body);
  if (signal !== undefined) init.signal = signal;
  const response = await fetch(urlOf(path), init).catch((thrown: unknown) => {
    if (signal?.aborted && signal.reason?.name !== "TimeoutError") throw thrown;
    unreachable();
    throw new Problem(0, "The admin API does not answer.");
  });
  reached();
  if (response.ok) return response;
  if (response.status === 401 && path !== "/session") {
    forgetKey();
    signedOut();
  }
  throw await problemOf(response);
}

async function problemOf(response: Response): Promise<Problem> {
  const { status } = response;
  try {
    const { detail, errors } = await response.json();
    return new Problem(status, String(detail), Array.isArray(errors) ? errors : []);
  } catch {
    return new Problem(status, `The admin API answered ${status}.`);
  }
}
