// One export to a collector: OTLP over HTTP, as JSON. What it answers says whether to try again.

import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { TracingConfig } from "../../base/config/types.ts";
import { LIMITS } from "../../base/limits.ts";

export interface Collector extends Pick<TracingConfig, "compression" | "timeoutMs"> {
  readonly endpoint: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly userAgent: string;
}

export type Posted =
  /** `rejected`: spans that it would not have; nobody sends them again. */
  | { readonly kind: "taken"; readonly rejected: number; readonly reason: string }
  | { readonly kind: "refused"; readonly reason: string }
  /** @param waitMs  that it asks for; 0: it says nothing */
  | { readonly kind: "later"; readonly waitMs: number; readonly reason: string };

/** Statuses with which a collector says that it may take them later. */
const LATER: ReadonlySet<number> = new Set([429, 502, 503, 504]);

const compress = promisify(gzip);

export async function postSpans(
  text: string,
  collector: Collector,
  signal: AbortSignal,
): Promise<Posted> {
  const { endpoint, timeoutMs } = collector;
  try {
    const response = await fetch(endpoint, {
      method: "POST",
      headers: headersOf(collector),
      body: collector.compression === "none" ? text : await compress(text, { level: 1 }),
      redirect: "error",
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    });
    return postedOf(response, await answerOf(response));
  } catch (thrown) {
    return { kind: "later", waitMs: 0, reason: reasonOf(thrown) };
  }
}

function headersOf({ headers, compression, userAgent }: Collector): Headers {
  const all = new Headers({ "user-agent": userAgent });
  for (const [name, value] of headers) all.set(name, value);
  all.set("content-type", "application/json");
  if (compression === "gzip") all.set("content-encoding", "gzip");
  return all;
}

function postedOf({ status, headers }: Response, answer: string): Posted {
  if (status >= 200 && status < 300) return { kind: "taken", ...partialOf(answer) };
  const reason = `it answers ${status}`;
  if (!LATER.has(status)) return { kind: "refused", reason };
  const seconds = /^\d{1,6}$/.exec(headers.get("retry-after") ?? "");
  return { kind: "later", waitMs: seconds === null ? 0 : Number(seconds[0]) * 1_000, reason };
}

/** A collector may say anything: what is not understood says that all were taken. */
function partialOf(answer: string): { readonly rejected: number; readonly reason: string } {
  try {
    const { partialSuccess } = JSON.parse(answer === "" ? "{}" : answer);
    const rejected = Number(partialSuccess?.rejectedSpans ?? 0);
    const reason = String(partialSuccess?.errorMessage ?? "");
    return { rejected: Number.isSafeInteger(rejected) ? Math.max(0, rejected) : 0, reason };
  } catch {
    return { rejected: 0, reason: "" };
  }
}

/** Its beginning; the rest is not waited for. */
async function answerOf({ body }: Response): Promise<string> {
  if (body === null) return "";
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of body) {
    pieces.push(piece);
    bytes += piece.length;
    if (bytes > LIMITS.spanAnswerBytes) break;
  }
  return Buffer.concat(pieces).toString("utf8");
}

/** The library wraps what has happened. */
function reasonOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  const { cause, message } = thrown;
  return cause instanceof Error && cause.message !== "" ? cause.message : message;
}
