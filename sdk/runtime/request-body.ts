// `session.request.text()`, `json()` and `bytes()`: the whole body, asked of the host, which
// keeps it and forwards it all the same. It is asked for by the session's own call, whoever runs.

import { ASK } from "../../src/wire/records.ts";
import { type Answer, ask } from "./asks.ts";
import type { Call } from "./current.ts";
import { TextDecoder } from "./web/encoding.ts";

/**
 * The body is larger than `limits.bufferedBodyBytes`. A hook that does not catch it answers 413.
 */
export class BodyTooLargeError extends Error {
  override readonly name = "BodyTooLargeError";
  readonly #isOurs = true;

  static is(value: unknown): value is BodyTooLargeError {
    return typeof value === "object" && value !== null && #isOurs in value;
  }
}

const parse = JSON.parse;
const decoder = new TextDecoder();

/** The whole body of the call's request; empty if it has none. */
export function readBody(call: Call): Promise<Uint8Array<ArrayBuffer>> {
  return new Promise((resolve, reject) => {
    const settle = ({ ok, text, bytes }: Answer): void => {
      if (ok) resolve(bytes);
      else reject(new BodyTooLargeError(text));
    };
    const wish = { name: "request body", kind: ASK.body, text: "", bytes: null };
    ask(call, wish, { settle, abort: reject });
  });
}

export async function readText(call: Call): Promise<string> {
  return decoder.decode(await readBody(call));
}

export async function readJson(call: Call): Promise<unknown> {
  return parse(await readText(call));
}
