// The encoders of answers, at levels that are cheap for what they save, and with bounded windows.
// A short body that is whole is encoded at once; others go through a stream, in libuv's threads,
// and each write leaves at once, so that a stream of events stays one.

import zlib from "node:zlib";
import { LIMITS } from "../../base/limits.ts";

export const CODINGS = ["zstd", "br", "gzip"] as const;
export type Coding = (typeof CODINGS)[number];

/** Of 9: 40 % slower than 1 and a tenth smaller; 6 costs twice that for 2 %. */
const GZIP = { level: 4, flush: zlib.constants.Z_SYNC_FLUSH };
const BROTLI = {
  flush: zlib.constants.BROTLI_OPERATION_FLUSH,
  params: {
    // of 11, Node's default, which takes a hundred times as long
    [zlib.constants.BROTLI_PARAM_QUALITY]: 4,
    [zlib.constants.BROTLI_PARAM_LGWIN]: 18,
  },
};
const ZSTD = {
  flush: zlib.constants.ZSTD_e_flush,
  params: {
    [zlib.constants.ZSTD_c_compressionLevel]: 3,
    // browsers take up to 2^23 (RFC 9659)
    [zlib.constants.ZSTD_c_windowLog]: 18,
  },
};

const AT_ONCE: Readonly<Record<Coding, (body: Buffer) => Buffer>> = {
  gzip: (body) => zlib.gzipSync(body, { level: GZIP.level }),
  br: (body) => zlib.brotliCompressSync(body, { params: BROTLI.params }),
  zstd: (body) => zlib.zstdCompressSync(body, { params: ZSTD.params }),
};

const STREAMS = {
  gzip: () => zlib.createGzip(GZIP),
  br: () => zlib.createBrotliCompress(BROTLI),
  zstd: () => zlib.createZstdCompress(ZSTD),
} as const;

export type Encoder = zlib.Gzip | zlib.BrotliCompress | zlib.ZstdCompress;

/** Open in this worker. */
let open = 0;

export const encodeAtOnce = (coding: Coding, body: Buffer): Buffer => AT_ONCE[coding](body);

/** Null: there are as many as there is memory for. */
export function openEncoder(coding: Coding): Encoder | null {
  if (open >= LIMITS.responseEncoders) return null;
  open++;
  const encoder = STREAMS[coding]();
  encoder.once("close", () => open--);
  return encoder;
}
