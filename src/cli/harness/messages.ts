// HTTP messages as a test writes and reads them, to and from bytes. Both ways go through the same
// codec that the proxy uses.

import type {
  BodyGiven,
  HeadersGiven,
  TestHeaders,
  TestRequest,
  TestResponse,
} from "../../../sdk/test.ts";
import type { BodyDecoder, BodySink } from "../../http1/body.ts";
import { responseBody } from "../../http1/body-decoder.ts";
import { findHeadEnd } from "../../http1/head-end.ts";
import { CODEC_LIMITS } from "../../http1/limits.ts";
import { parseResponseHead } from "../../http1/response.ts";
import { eachField } from "../../wire/headers.ts";

const HOST = "localhost";

/** The bytes that a client would send. */
export function requestBytes(request: TestRequest): Buffer {
  const { body, httpVersion = "1.1", method = body === undefined ? "GET" : "POST" } = request;
  const { host, target } = place(request.url ?? "/");
  const headers = headerLines(request.headers ?? {});
  const lines = /^host:/im.test(headers) ? headers : `Host: ${host}\r\n${headers}`;
  const [framing, bytes] = framed(body, /^(?:content-length|transfer-encoding):/im.test(headers));
  const head = `${method} ${target} HTTP/${httpVersion}\r\n${lines}${framing}\r\n`;
  return Buffer.concat([Buffer.from(head, "latin1"), bytes]);
}

function place(url: string): { host: string; target: string } {
  const [, host, rest] = /^https?:\/\/([^/?#]+)([^#]*)/i.exec(url) ?? [];
  if (host === undefined) return { host: HOST, target: url };
  const target = rest ?? "";
  return { host, target: target.startsWith("/") ? target : `/${target}` };
}

function framed(body: BodyGiven | undefined, isFramed: boolean): [string, Buffer] {
  if (body === undefined) return ["", Buffer.alloc(0)];
  if (!isList(body)) {
    const bytes = toBytes(body);
    return [isFramed ? "" : `Content-Length: ${bytes.length}\r\n`, bytes];
  }
  const chunks = body.map(toBytes).filter(({ length }) => length > 0);
  const parts = chunks.flatMap((chunk) => [
    Buffer.from(`${chunk.length.toString(16)}\r\n`),
    chunk,
    Buffer.from("\r\n"),
  ]);
  const bytes = Buffer.concat([...parts, Buffer.from("0\r\n\r\n")]);
  return [isFramed ? "" : "Transfer-Encoding: chunked\r\n", bytes];
}

export const isList = <T>(body: string | Uint8Array | readonly T[]): body is readonly T[] =>
  Array.isArray(body);

export const toBytes = (part: string | Uint8Array): Buffer =>
  typeof part === "string" ? Buffer.from(part) : Buffer.from(part);

/** `Name: value\r\n` for each. */
export function headerLines(headers: HeadersGiven): string {
  const pairs = isPairs(headers) ? [...headers] : Object.entries(headers);
  return pairs
    .flatMap(([name, value]) => (typeof value === "string" ? [value] : value).map((v) => [name, v]))
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join("");
}

const isPairs = (headers: HeadersGiven): headers is Iterable<readonly [string, string]> =>
  Symbol.iterator in headers;

export function toHeaders(block: string): TestHeaders {
  const headers = new Headers();
  eachField(block, (name, value) => headers.append(name, value));
  return headers;
}

/** The last message in what a client got; null: it got none, or not the whole head of it. */
export function readResponse(bytes: Buffer, requestMethod: string): TestResponse | null {
  for (let from = 0; ; ) {
    const end = findHeadEnd(bytes, from);
    if (end === -1) return null;
    const head = parseResponseHead(
      bytes.toString("latin1", from, end),
      requestMethod,
      CODEC_LIMITS,
    );
    from = end;
    if (head.status < 200 && head.status !== 101) continue;
    const chunks: Buffer[] = [];
    const decoder = responseBody(head, CODEC_LIMITS);
    const sink = { onBody: (chunk: Buffer) => void chunks.push(chunk), onBodyEnd: () => undefined };
    decoder.feed(bytes, end, sink);
    const complete = isWhole(decoder, sink);
    const body = Buffer.concat(chunks);
    const { status, headers } = head;
    return { status, headers: toHeaders(headers), body: body.toString(), bytes: body, complete };
  }
}

function isWhole(decoder: BodyDecoder, sink: BodySink): boolean {
  if (decoder.isDone) return true;
  try {
    decoder.close(sink);
    return true;
  } catch {
    return false;
  }
}
