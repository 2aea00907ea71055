// The head of a request that is explained, as a client would send it. The codec reads it, and
// refuses what it would refuse of a client.

import type { Config } from "../../base/config/types.ts";
import type { ExplainedRequest } from "../../control/api/explain.ts";
import { CODEC_LIMITS } from "../../http1/limits.ts";
import type { RequestHead } from "../../http1/messages.ts";
import { parseRequestHead } from "../../http1/request.ts";

/** Throws SluiceError. */
export const headOf = (
  request: ExplainedRequest,
  { limits }: Pick<Config, "limits">,
): RequestHead =>
  parseRequestHead(textOf(request), {
    ...CODEC_LIMITS,
    headBytesMax: limits.headBytes,
    headerLinesMax: limits.headers,
    targetBytesMax: limits.targetBytes,
  });

function textOf({ method, url, headers }: ExplainedRequest): string {
  const [, given = ""] = TARGET.exec(url) ?? [];
  const target = given.startsWith("/") ? given : `/${given}`;
  const fields = Object.entries(headers);
  const isNamed = fields.some(([name]) => name.toLowerCase() === "host");
  const own = isNamed ? fields : [["Host", new URL(url).host], ...fields];
  const lines = own.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  const text = `${method} ${target} HTTP/1.1\r\n${lines}\r\n`;
  return Buffer.from(text, "utf8").toString("latin1");
}

/** As it was written: dots and all. */
const TARGET = /^https?:\/\/[^/?#]*([^#]*)/i;
