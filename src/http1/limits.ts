// The bounds of the codec: one table, the unit last in the name, the reason beside it. Bodies have
// none here: their size is policy.

export interface CodecLimits {
  /** Bytes of a request target; more is 414. */
  readonly targetBytesMax: number;
  /** Bytes of a head, first line included; more is 431. */
  readonly headBytesMax: number;
  /** Header lines of a head; more is 431. */
  readonly headerLinesMax: number;
  /** Bytes of a trailer section. */
  readonly trailerBytesMax: number;
  /** Bytes of chunk extensions that a message may hold beyond the bytes of its body. */
  readonly chunkExtensionBytesMax: number;
}

export const CODEC_LIMITS: CodecLimits = {
  // RFC 9112 section 3 asks for 8,000 at least.
  targetBytesMax: 8_192,
  // A full target and as much again and more for cookies; what common proxies let through at most.
  headBytesMax: 32_768,
  // A browser sends 12 to 18, a chain of gateways doubles that; Apache and Envoy stop at 100. At
  // this size a head below 1 KiB cannot have too many, and is not counted (0.3 µs).
  headerLinesMax: 256,
  // Checksums, signatures and a gRPC status: some hundred bytes.
  trailerBytesMax: 8_192,
  // Signed uploads carry 85 bytes with each chunk of 64 KB; chunks of one byte with as much are
  // abuse.
  chunkExtensionBytesMax: 16_384,
};
