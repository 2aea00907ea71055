// `session.request.text()`, `json()` and `bytes()`: the whole body, asked of the host, which
// keeps it and forwards it all the same.

import { ASK } from "../../src/wire/records.ts";
import { type Answer, ask } from "./asks.ts";
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

/** The whole body; empty if the request has none. */
export function readBody(): Promise<Uint8Array<ArrayBuffer>> {
  return new Promise((resolve, reject) => {
    ask(ASK.body, 0, ({ ok, text, bytes }: Answer) => {
      if (ok) resolve(bytes);
      else reject(new BodyTooLargeError(text));
    });
  });
}

export async function readText(): Promise<string> {
  return decoder.decode(await readBody());
}

export async function readJson(): Promise<unknown> {
  return parse(await readText());
}
