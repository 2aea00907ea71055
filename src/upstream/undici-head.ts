// Makes text again of the head of a response that undici has parsed, so that our own codec can
// read it: as close to the original as undici lets us know.

import type { Dispatcher } from "undici";

type RawFields = Dispatcher.DispatchController["rawHeaders"];

export function headText(status: number, reason: string, raw: RawFields): string {
  // undici decoded the phrase as UTF-8: back to its bytes.
  const phrase = Buffer.from(reason).toString("latin1");
  return `HTTP/1.1 ${status} ${phrase}\r\n${linesOf(raw)}\r\n`;
}

/** Names and values in turn, as header lines in their order. */
export function linesOf(raw: RawFields): string {
  if (!Array.isArray(raw)) return "";
  let lines = "";
  for (let i = 0; i + 1 < raw.length; i += 2)
    lines += `${textOf(raw[i])}: ${textOf(raw[i + 1])}\r\n`;
  return lines;
}

function textOf(part: Buffer | string | undefined): string {
  return typeof part === "object" ? part.toString("latin1") : (part ?? "");
}
