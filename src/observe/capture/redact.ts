// Logins are not kept unless somebody asks for that: in their place stands a hash with a key of the
// rule, so that what was equal stays equal, and nobody can try passwords on it.

import { createHmac } from "node:crypto";
import { eachField } from "../../wire/headers.ts";
import type { CaptureRecord } from "./record.ts";

const LOGINS = ["authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key"];

/** @param name  lower case */
export const isLogin = (name: string): boolean => LOGINS.includes(name);

export interface Redacting {
  readonly key: Uint8Array;
  /** Lower case, besides the logins. */
  readonly names: readonly string[];
  readonly keepsLogins: boolean;
}

export function redacted(record: CaptureRecord, redacting: Redacting): CaptureRecord {
  const names = new Set([...(redacting.keepsLogins ? [] : LOGINS), ...redacting.names]);
  if (names.size === 0) return record;
  const found = new Set<string>();
  const block = (headers: string): string => {
    let text = "";
    eachField(headers, (name, value) => {
      const isHidden = names.has(name.toLowerCase());
      if (isHidden) found.add(name.toLowerCase());
      text += `${name}: ${isHidden ? hashed(value, redacting.key) : value}\r\n`;
    });
    return text;
  };
  const { request, attempts, end } = record;
  const hidden = {
    request: { ...request, headers: block(request.headers) },
    attempts: attempts.map((attempt) => ({
      ...attempt,
      request: within(attempt.request, block),
      response: within(attempt.response, block),
    })),
    end: { ...end, headers: block(end.headers) },
  };
  return { ...record, ...hidden, redacted: [...found].sort() };
}

const within = <T extends { readonly headers: string }>(
  part: T | null,
  block: (headers: string) => string,
): T | null => (part === null ? null : { ...part, headers: block(part.headers) });

const hashed = (value: string, key: Uint8Array): string =>
  `redacted-${createHmac("sha256", key).update(value).digest("hex").slice(0, 16)}`;
