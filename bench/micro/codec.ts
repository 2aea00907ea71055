// What the codec costs: nanoseconds for each head parsed and written, beside a naive parser that
// splits the head into a list of names and values. Run: node bench/micro/codec.ts

import { findHeadEnd, headText } from "../../src/http1/head-end.ts";
import { CODEC_LIMITS } from "../../src/http1/limits.ts";
import { parseRequestHead } from "../../src/http1/request.ts";
import { parseResponseHead } from "../../src/http1/response.ts";
import { requestHeadText, responseHeadText } from "../../src/http1/serialise.ts";
import { fieldOf } from "../../src/wire/headers.ts";
import { HEADS } from "../heads.ts";

const ROUNDS = 200;
const ROUND_CALLS = 2_000;

const request = (lines: readonly string[]): Buffer =>
  Buffer.from(["GET /some/path HTTP/1.1", "Host: a.example", ...lines, "", ""].join("\r\n"));

const response = Buffer.from(
  [
    "HTTP/1.1 200 OK",
    "Server: origin",
    "Date: Tue, 15 Nov 1994 08:12:31 GMT",
    "Content-Type: text/plain; charset=utf-8",
    "Content-Length: 12",
    "Connection: keep-alive",
    "ETag: W/1234",
    "",
    "",
  ].join("\r\n"),
);

/** Keeps the optimiser from dropping work whose result nobody reads. */
let sink = 0;

for (const [name, lines] of Object.entries(HEADS)) {
  const bytes = request(lines);
  const head = parseRequestHead(bytes.toString("latin1"), CODEC_LIMITS);
  const outgoing = { ...head, hasBody: false };
  console.log(`${name}: ${bytes.length} bytes, ${lines.length + 1} header lines`);
  measure("find end, decode only", () => textOf(bytes).length);
  measure("headText", () => headText(bytes, 0).length);
  measure("parseRequestHead", () => parseRequestHead(textOf(bytes), CODEC_LIMITS).headers.length);
  measure("naive split", () => naive(textOf(bytes)).length);
  measure("requestHeadText", () => requestHeadText(outgoing).length);
  measure("fieldOf, absent", () => (fieldOf(head.headers, "beta-flag") === null ? 1 : 0));
}

console.log(`response: ${response.length} bytes`);
measure("parseResponseHead", () => parseResponseHead(textOf(response), "GET", CODEC_LIMITS).status);
const answer = parseResponseHead(response.toString("latin1"), "GET", CODEC_LIMITS);
const options = { framing: "length", minor: 1, keepAlive: true, date: "" } as const;
measure("responseHeadText", () => responseHeadText({ ...answer, requestId: "" }, options).length);

/** As the connections do it: find the end, then one string. */
function textOf(bytes: Buffer): string {
  return bytes.toString("latin1", 0, findHeadEnd(bytes, 0));
}

function naive(text: string): readonly (readonly [string, string])[] {
  const lines = text.split("\r\n").slice(1, -2);
  return lines.map((line) => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
}

/**
 * Prints the best of many short rounds: on a shared machine the others are somebody else's time.
 */
function measure(what: string, work: () => number): void {
  let bestNs = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const start = process.hrtime.bigint();
    for (let call = 0; call < ROUND_CALLS; call++) sink += work();
    bestNs = Math.min(bestNs, Number(process.hrtime.bigint() - start) / ROUND_CALLS);
  }
  console.log(`  ${what.padEnd(24)}${bestNs.toFixed(0).padStart(6)} ns`);
}

if (sink === 0) console.log("nothing was measured");
