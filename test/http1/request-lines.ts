// Request heads written as lines, for the tests of what they are read as.

import assert from "node:assert/strict";
import { type ErrorCode, SluiceError } from "../../src/base/errors.ts";
import { CODEC_LIMITS } from "../../src/http1/limits.ts";
import type { RequestHead } from "../../src/http1/messages.ts";
import { parseRequestHead } from "../../src/http1/request.ts";

/** The simplest first line and the Host that it needs. */
export const GET = "GET / HTTP/1.1";
export const HOST = "Host: a";

/** What is read of these lines and the empty one behind them. */
export function parse(...lines: string[]): RequestHead {
  return parseRequestHead(`${lines.join("\r\n")}\r\n\r\n`, CODEC_LIMITS);
}

/** Fails unless these lines are refused with this code. */
export function refuses(code: ErrorCode, ...lines: string[]): void {
  assert.throws(
    () => parse(...lines),
    (error) => error instanceof SluiceError && error.code === code,
    `${code} for ${JSON.stringify(lines.join("\r\n").slice(0, 200))}`,
  );
}
