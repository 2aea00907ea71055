// Which answers of a tenant are compressed for their clients, and what their heads say then (RFC
// 9110 section 12.5.3): behind all hooks, which see a body as it came. Nothing is coded twice, and
// nothing that its origin forbids to be changed.

import type { CompressionConfig } from "../../base/config/client-types.ts";
import { NOTHING_STATED, type OutgoingResponse } from "../../http1/messages.ts";
import { appendField, fieldOf, hasField, removeField, setField } from "../../wire/headers.ts";
import { DIGESTS } from "../repair.ts";
import { acceptedCoding } from "./accepted.ts";
import type { Coding } from "./encoders.ts";

/** What is asked of the request. */
export interface AskedRequest {
  readonly method: string;
  /** Lines as they came. */
  readonly headers: string;
}

export type HeadOf = Pick<OutgoingResponse, "status" | "headers" | "contentLength" | "upgrade">;

/** What becomes of an answer. */
export type Choice =
  /** It never would be compressed. */
  | "none"
  /** It would be, for another client. */
  | "plain"
  | Coding;

export class Compression {
  readonly #config: CompressionConfig;
  readonly #types: ReadonlySet<string>;
  /** `text/*` and the like, without the star. */
  readonly #families: readonly string[];

  constructor(config: CompressionConfig) {
    this.#config = config;
    this.#types = new Set(config.types.filter((type) => !type.includes("*")));
    this.#families = config.types.filter((type) => type.endsWith("/*")).map((t) => t.slice(0, -1));
  }

  /** @param bodyBytes  of the whole body; -1: it is not known */
  choose(request: AskedRequest, head: HeadOf, bodyBytes: number): Choice {
    if (!mayBeChanged(head) || !this.#fits(head.headers)) return "none";
    if (bodyBytes >= 0 && bodyBytes < this.#config.minBytes) return "none";
    if (this.#config.guardSecrets && isSecret(request, head)) return "plain";
    // a part of what is compressed is not a part of what was asked for
    if (hasField(request.headers, "range") || forbids(request.headers)) return "plain";
    const accepted = fieldOf(request.headers, "accept-encoding");
    return accepted === null
      ? "plain"
      : (acceptedCoding(accepted, this.#config.codings) ?? "plain");
  }

  #fits(headers: string): boolean {
    const type = mediaTypeOf(headers);
    if (this.#types.has(type)) return true;
    return this.#families.some((family) => type.startsWith(family));
  }
}

/** In lower case; empty: it has none. */
export const mediaTypeOf = (headers: string): string =>
  (fieldOf(headers, "content-type") ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";

const BODYLESS: ReadonlySet<number> = new Set([204, 205, 206, 304]);

function mayBeChanged({ status, headers, upgrade }: HeadOf): boolean {
  if (upgrade !== "" || status < 200 || BODYLESS.has(status)) return false;
  if (hasField(headers, "content-encoding") || hasField(headers, "content-range")) return false;
  return !forbids(headers);
}

/** Origins may (RFC 9111 section 5.2.2.6), and clients (section 5.2.1.6). */
const forbids = (headers: string): boolean =>
  /\bno-transform\b/i.test(fieldOf(headers, "cache-control") ?? "");

/** Where a secret and what a stranger has written share a body, its length tells of it (BREACH). */
const isSecret = (request: AskedRequest, { headers }: HeadOf): boolean =>
  hasField(headers, "set-cookie") || fieldOf(request.headers, "sec-fetch-site") === "cross-site";

/** For a cache: another client gets other bytes. */
export function withVary(headers: string): string {
  const vary = fieldOf(headers, "vary") ?? "";
  if (/(?:^|,)\s*(?:\*|accept-encoding)\s*(?:,|$)/i.test(vary)) return headers;
  return appendField(headers, "Vary", "Accept-Encoding");
}

/** A strong tag is of other bytes; a weak one says the same to a reader. */
function withWeakTag(headers: string): string {
  const tag = fieldOf(headers, "etag");
  return tag?.startsWith('"') === true ? setField(headers, "ETag", `W/${tag}`) : headers;
}

/** As the answer had it that the client has: what of it was compressed, nobody knows any more. */
export function withTagOf(request: AskedRequest, headers: string): string {
  const had = fieldOf(request.headers, "if-none-match") ?? "";
  const tag = fieldOf(headers, "etag");
  return tag !== null && had.includes(`W/${tag}`) ? withWeakTag(headers) : headers;
}

/** The head of what is compressed. @param bytes  of the result; -1: not known yet */
export function compressedHead(
  head: OutgoingResponse,
  coding: Coding,
  bytes: number,
): OutgoingResponse {
  let block = withWeakTag(withVary(head.headers));
  for (const name of ["content-length", "accept-ranges", ...DIGESTS]) {
    if (hasField(block, name)) block = removeField(block, name);
  }
  const headers = setField(block, "Content-Encoding", coding);
  return { ...head, headers, contentLength: bytes, statedLength: NOTHING_STATED };
}
