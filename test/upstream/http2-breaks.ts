// What peers of HTTP/2 may say that they must not, and what becomes of the exchange that hears it.

import type { ErrorCode } from "../../src/base/errors.ts";
import {
  block,
  data,
  type Fields,
  frame,
  headers,
  reset,
  settings,
  uint32,
  windowUpdate,
} from "../support/http2-client.ts";

const OK: Fields = [[":status", "200"]];
const SIZED: Fields = [...OK, ["content-length", "5"]];

/** One field that enters the table, and ten times its number. */
function bomb(): Buffer {
  const field = block([["a", "b".repeat(4_000)]]);
  field[0] = 0x40;
  return Buffer.concat([Buffer.from([0x88]), field, Buffer.alloc(10, 0xbe)]);
}

/** Frames that answer stream 1, and what the exchange ends in. */
export const BREAKS: readonly (readonly [
  what: string,
  answer: readonly Buffer[],
  code: ErrorCode,
])[] = [
  [
    "a reset with NO_ERROR within a body",
    [headers(1, OK, false), data(1, "abc"), reset(1, 0)],
    "upstream_aborted",
  ],
  [
    "a reset with CANCEL within a body",
    [headers(1, OK, false), data(1, "abc"), reset(1, 8)],
    "upstream_aborted",
  ],
  ["a reset before a head", [reset(1, 2)], "upstream_aborted"],
  ["HTTP_1_1_REQUIRED", [reset(1, 13)], "upstream_aborted"],
  ["REFUSED_STREAM", [reset(1, 7)], "upstream_refused"],
  ["REFUSED_STREAM behind a head", [headers(1, OK, false), reset(1, 7)], "upstream_aborted"],
  [
    "a body shorter than was said",
    [headers(1, SIZED, false), data(1, "abc", true)],
    "upstream_aborted",
  ],
  ["a body that was said and does not come", [headers(1, SIZED, true)], "upstream_aborted"],
  [
    "trailers in front of a length's end",
    [headers(1, SIZED, false), headers(1, [["a", "b"]], true)],
    "upstream_aborted",
  ],
  [
    "a body longer than was said",
    [headers(1, SIZED, false), data(1, "abcdef", true)],
    "upstream_protocol",
  ],
  [
    "a body of a 204",
    [headers(1, [[":status", "204"]], false), data(1, "a", true)],
    "upstream_protocol",
  ],
  ["a body without a head", [data(1, "abc", true)], "upstream_protocol"],
  ["an interim response that ends", [headers(1, [[":status", "103"]], true)], "upstream_protocol"],
  [
    "an end behind an interim response",
    [headers(1, [[":status", "103"]], false), data(1, "", true)],
    "upstream_protocol",
  ],
  ["a 101", [headers(1, [[":status", "101"]], false)], "upstream_protocol"],
  ["a second head", [headers(1, OK, false), headers(1, OK, false)], "upstream_protocol"],
  ["a status in trailers", [headers(1, OK, false), headers(1, OK, true)], "upstream_protocol"],
  ["no status", [headers(1, [["a", "b"]], true)], "upstream_protocol"],
  ["two statuses", [headers(1, [...OK, ...OK], true)], "upstream_protocol"],
  ["a status behind a field", [headers(1, [["a", "b"], ...OK], true)], "upstream_protocol"],
  ["a status that is no number", [headers(1, [[":status", "2x0"]], true)], "upstream_protocol"],
  ["a pseudo-field of requests", [headers(1, [...OK, [":path", "/"]], true)], "upstream_protocol"],
  ["a name in upper case", [headers(1, [...OK, ["A", "b"]], true)], "upstream_protocol"],
  ["a name with a blank", [headers(1, [...OK, ["a b", "c"]], true)], "upstream_protocol"],
  ["a value with CR LF", [headers(1, [...OK, ["a", "b\r\nc: d"]], true)], "upstream_protocol"],
  ["a value with NUL", [headers(1, [...OK, ["a", "\0"]], true)], "upstream_protocol"],
  ["a value with blanks at its end", [headers(1, [...OK, ["a", "b "]], true)], "upstream_protocol"],
  ["Connection", [headers(1, [...OK, ["connection", "close"]], true)], "upstream_protocol"],
  [
    "Transfer-Encoding",
    [headers(1, [...OK, ["transfer-encoding", "chunked"]], true)],
    "upstream_protocol",
  ],
  ["two lengths", [headers(1, [...SIZED, ["content-length", "6"]], false)], "upstream_protocol"],
  [
    "a length that is no number",
    [headers(1, [...OK, ["content-length", "5x"]], false)],
    "upstream_protocol",
  ],
  [
    "a head of 300 fields",
    [headers(1, [...OK, ...Array<[string, string]>(300).fill(["a", "b"])], true)],
    "upstream_protocol",
  ],
  ["a head of 40 KB in 4 KB", [frame(1, 5, 1, bomb())], "upstream_protocol"],
  ["a window of 0", [frame(8, 0, 1, uint32(0))], "upstream_protocol"],
  // of a whole connection:
  [
    "a pushed stream",
    [frame(5, 4, 1, Buffer.concat([uint32(2), Buffer.from([0x88])]))],
    "upstream_protocol",
  ],
  ["a stream of its own", [headers(2, OK, true)], "upstream_protocol"],
  ["DATA on an idle stream", [data(9, "a")], "upstream_protocol"],
  ["a frame that is too large", [frame(0, 0, 1, Buffer.alloc(16_385))], "upstream_protocol"],
  [
    "a header block that cannot be read",
    [frame(1, 5, 1, Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff]))],
    "upstream_protocol",
  ],
  ["a window that is too large", [windowUpdate(0, 2 ** 31 - 1)], "upstream_protocol"],
  [
    "2,000 pings",
    [Buffer.concat(Array<Buffer>(2_000).fill(frame(6, 0, 0, Buffer.alloc(8))))],
    "upstream_protocol",
  ],
  ["2,000 settings", [Buffer.concat(Array<Buffer>(2_000).fill(settings()))], "upstream_protocol"],
  [
    "2,000 empty parts",
    [headers(1, OK, false), Buffer.concat(Array<Buffer>(2_000).fill(data(1, "")))],
    "upstream_protocol",
  ],
  [
    "20 interim responses at once",
    [Buffer.concat(Array<Buffer>(20).fill(headers(1, [[":status", "103"]], false)))],
    "upstream_protocol",
  ],
  [
    "a header block without an end",
    [
      frame(1, 0, 1, Buffer.alloc(9)),
      Buffer.concat(Array<Buffer>(70).fill(frame(9, 0, 1, Buffer.alloc(16_000)))),
    ],
    "upstream_protocol",
  ],
];
