// Reads a PROXY header from the first bytes of a connection: bytes in, a header out; no sockets, no
// policy.

import { BINARY_START, readBinaryHeader } from "./binary-header.ts";
import type { Reading } from "./header.ts";
import { readTextHeader, TEXT_START } from "./text-header.ts";

/** @param bytes  all that has come so far */
export function readProxyHeader(bytes: Buffer): Reading {
  if (begins(bytes, BINARY_START)) return readBinaryHeader(bytes);
  if (begins(bytes, TEXT_START)) return readTextHeader(bytes);
  return { problem: "expected a PROXY header, got something else" };
}

/** As far as there are bytes. */
function begins(bytes: Buffer, start: Buffer): boolean {
  const come = bytes.subarray(0, start.length);
  return come.equals(start.subarray(0, come.length));
}
