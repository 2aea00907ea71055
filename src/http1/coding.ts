// Content codings: decodes a body for its hooks and encodes it again. It knows only the codings of
// Node's zlib, and one at a time, because nobody sends two.

import type { Duplex } from "node:stream";
import zlib from "node:zlib";
import { fieldOf, removeField, setField } from "../wire/headers.ts";
import { Inflate } from "./inflate.ts";

interface Coding {
  readonly decode: () => Duplex;
  readonly encode: () => Duplex;
}

/** Each write leaves at once, so that a stream of events stays one. */
const FLUSH = { flush: zlib.constants.Z_SYNC_FLUSH };
const BROTLI = {
  flush: zlib.constants.BROTLI_OPERATION_FLUSH,
  // 4 of 11: about the speed of gzip, and smaller
  params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 4 },
};
const ZSTD = { flush: zlib.constants.ZSTD_e_flush };

const CODINGS: ReadonlyMap<string, Coding> = new Map<string, Coding>([
  ["gzip", { decode: () => zlib.createGunzip(), encode: () => zlib.createGzip(FLUSH) }],
  ["x-gzip", { decode: () => zlib.createGunzip(), encode: () => zlib.createGzip(FLUSH) }],
  ["deflate", { decode: () => new Inflate(), encode: () => zlib.createDeflate(FLUSH) }],
  [
    "br",
    {
      decode: () => zlib.createBrotliDecompress(),
      encode: () => zlib.createBrotliCompress(BROTLI),
    },
  ],
  [
    "zstd",
    { decode: () => zlib.createZstdDecompress(), encode: () => zlib.createZstdCompress(ZSTD) },
  ],
]);

/** The coding of a block, in lower case; empty: none. */
export function codingOf(headers: string): string {
  const coding = (fieldOf(headers, "content-encoding") ?? "").trim().toLowerCase();
  return coding === "identity" ? "" : coding;
}

export const isKnownCoding = (coding: string): boolean => coding === "" || CODINGS.has(coding);

export const decoderFor = (coding: string): Duplex | null => CODINGS.get(coding)?.decode() ?? null;

export const encoderFor = (coding: string): Duplex | null => CODINGS.get(coding)?.encode() ?? null;

/** Accept-Encoding without what could not be decoded for a hook. */
export function limitAcceptEncoding(headers: string): string {
  const accepted = fieldOf(headers, "accept-encoding");
  if (accepted === null) return headers;
  const kept = accepted.split(",").filter((item) => {
    const name = (item.split(";")[0] ?? "").trim().toLowerCase();
    return name === "identity" || CODINGS.has(name);
  });
  if (kept.length === 0) return removeField(headers, "accept-encoding");
  return setField(headers, "Accept-Encoding", kept.map((item) => item.trim()).join(", "));
}
