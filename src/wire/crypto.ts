// What the runtime inside an isolate and its host agree on about `crypto.subtle`: bounds, which
// both check, and the window that the bytes of a call go through.

export const CRYPTO_LIMITS = {
  /** Bytes of the data of one call: 1 to 2 ms, in which nobody can end it. */
  dataBytes: 1_048_576,
  /** Bytes of a key as it is kept, imported or exported. An RSA key of 4,096 bits has 2,400. */
  keyBytes: 16_384,
  /** Bytes of a salt, an IV, a label, a signature and the like. */
  otherBytes: 16_384,
  /** Of PBKDF2: OWASP asks for 600,000 of SHA-256, 1,300,000 of SHA-1. */
  rounds: 1_000_000,
  /** Of PBKDF2, for all blocks that are derived: half a millisecond. More is done elsewhere. */
  roundsAtOnce: 4_000,
  /** Bytes that HKDF or PBKDF2 derive in one call. */
  derivedBytes: 8_192,
  /** Of RSA: what is imported, and what is made. */
  rsaBitsImported: 1_024,
  rsaBits: 2_048,
  rsaBitsMax: 4_096,
} as const;

/** A call's key, its data and what belongs to it, and what comes out of that. */
export const CRYPTO_WINDOW_BYTES =
  CRYPTO_LIMITS.dataBytes + CRYPTO_LIMITS.keyBytes + 3 * CRYPTO_LIMITS.otherBytes;

/** An odd number above 1: others make verifying slow, and are nobody's. */
export const RSA_EXPONENTS = [3, 17, 37, 65_537] as const;

/** Bits of the block that a hash of PBKDF2 derives at a time, by name. */
export const HASH_BITS: Readonly<Record<string, number>> = {
  "SHA-1": 160,
  "SHA-256": 256,
  "SHA-384": 384,
  "SHA-512": 512,
};
