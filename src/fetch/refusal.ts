// Why a fetch has no response, in words for the author of the script. The runtime inside makes an
// error of that name.

import type { HostAnswer } from "../sandbox/host-call.ts";

export class FetchRefusal extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "TypeError";
  }
}

/** What a script has said, quoted for a message. */
export const shown = (text: string): string => JSON.stringify(text.slice(0, 128));

/** As the ask's answer: its name, a line feed, and the message in latin1. */
export function refusalAnswer(thrown: unknown): HostAnswer {
  const { name, message } = thrown instanceof FetchRefusal ? thrown : INTERNAL;
  return { ok: false, text: `${name}\n${message.replace(NOT_LATIN1, "?")}`, bytes: null };
}

const INTERNAL = { name: "TypeError", message: "fetch: the proxy failed" };
const NOT_LATIN1 = /[^\0-\xff]/g;
