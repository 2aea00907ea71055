// The body of `session.request`, asked of the host, which keeps it and forwards it all the same:
// whole, by `text()`, `json()` and `bytes()`, or piece by piece. It is asked for by the session's
// own call, whoever runs.

import { ASK } from "../../src/wire/asks.ts";
import type { Answer } from "./answer.ts";
import { ask, letGo } from "./asks.ts";
import type { Call } from "./current.ts";
import { askNext, type Held, refusalOf } from "./pieces.ts";
import { TextDecoder } from "./web/encoding.ts";
import { RemoteBody } from "./web/remote-body.ts";

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
    const wish = { name: "request body", kind: ASK.body, text: "whole", bytes: null };
    ask(call, wish, { settle, abort: reject });
  });
}

/** The body as its pieces come. The host is asked when the first is wanted. */
export function streamedBody(call: Call): RemoteBody {
  const name = "request body";
  let opening: Promise<Held> | null = null;
  const open = (): Promise<Held> =>
    new Promise((resolve, reject) => {
      const settle = ({ ok, text }: Answer): void => {
        if (ok) resolve({ call, id, name });
        else reject(refusalOf(text));
      };
      const wish = { name, kind: ASK.body, text: "stream", bytes: null };
      const id = ask(call, wish, { settle, abort: reject });
    });
  const next = async (): Promise<Uint8Array<ArrayBuffer>> => {
    opening ??= open();
    return await askNext(await opening, "chunk");
  };
  const drop = async (): Promise<void> => {
    const held = await opening;
    if (held !== null) letGo(held.call, held.id);
  };
  return new RemoteBody({ id: 0, whole: null, ask: next, drop: () => void drop(), done: () => {} });
}

export async function readText(call: Call): Promise<string> {
  return decoder.decode(await readBody(call));
}

export async function readJson(call: Call): Promise<unknown> {
  return parse(await readText(call));
}
