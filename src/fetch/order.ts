// Reads what a script wants fetched from its ask, and checks it. The runtime inside has checked it
// too, but the isolate may have written anything.

import { LIMITS } from "../base/limits.ts";
import { fieldOf, hasField, isFieldBlock, isToken } from "../wire/headers.ts";
import type { FetchUrl, KnownUrls } from "./fetch-url.ts";
import { FetchRefusal } from "./refusal.ts";

export type RedirectMode = "follow" | "error" | "manual";

export interface Order {
  readonly method: string;
  readonly url: FetchUrl;
  readonly redirect: RedirectMode;
  /** Name of the tenant's upstream group that is asked; null: the URL's host. */
  readonly group: string | null;
  /** The script's lines. */
  readonly headers: string;
  /** Null: none, or one that comes piece by piece. */
  readonly body: Buffer | null;
  /** Its script sends the body piece by piece. */
  readonly isStreamed: boolean;
}

/**
 * The text of an ask is a line of JSON, `[method, redirect, group or null, has a body, URL]`, and
 * the header block behind it. A body is true, false or "stream". Null: our runtime did not write
 * it. Throws FetchRefusal.
 */
export function readOrder(text: string, bytes: Buffer, urls: KnownUrls): Order | null {
  const line = text.indexOf("\n");
  const parts = partsOf(text.slice(0, line));
  const headers = text.slice(line + 1);
  if (line < 0 || parts === null || !isFieldBlock(headers)) return null;
  const { method, redirect, group, hasBody, isStreamed } = parts;
  if (!isToken(method) || method.length > LIMITS.methodChars) return null;
  if (FORBIDDEN_METHOD.test(method)) throw new FetchRefusal(`fetch: ${method} is not for scripts`);
  if (headers.length > LIMITS.scriptHeaderBytes) {
    throw new FetchRefusal(`fetch: headers of over ${LIMITS.scriptHeaderBytes} bytes`);
  }
  if (hasField(headers, "upgrade") && /upgrade/i.test(fieldOf(headers, "connection") ?? "")) {
    throw new FetchRefusal("fetch: an upgrade cannot be asked for");
  }
  const body = hasBody ? bytes : null;
  const url = urls.of(parts.url);
  return { method, url, redirect, group, headers, body, isStreamed };
}

interface Parts extends Omit<Order, "url" | "headers" | "body"> {
  readonly hasBody: boolean;
  readonly url: string;
}

function partsOf(json: string): Parts | null {
  let parts: unknown;
  try {
    parts = JSON.parse(json);
  } catch {
    return null;
  }
  if (!Array.isArray(parts)) return null;
  const [method, redirect, group, body, url]: unknown[] = parts;
  if (typeof method !== "string" || typeof url !== "string" || !isMode(redirect)) return null;
  if (typeof body !== "boolean" && body !== "stream") return null;
  if (group !== null && typeof group !== "string") return null;
  const isStreamed = body === "stream";
  return { method, redirect, group, hasBody: body === true, isStreamed, url };
}

const isMode = (value: unknown): value is RedirectMode =>
  value === "follow" || value === "error" || value === "manual";

const FORBIDDEN_METHOD = /^(?:CONNECT|TRACE|TRACK)$/i;
