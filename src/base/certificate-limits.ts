// The part of `LIMITS` (limits.ts) that is about certificates: how many, how large, and how they
// are ordered from an authority.

export const CERTIFICATE_LIMITS = {
  /** How often the files of certificates are looked at, … */
  certificateLookMs: 1_000,
  /** … and how many pairs at once: 20 ms of the main thread. */
  certificateLookFiles: 500,
  /** Certificates of one tenant: two kinds for each of some hosts, … */
  tenantCertificates: 32,
  /** … each with its chain as PEM: three of RSA 4096 take 7 KB, … */
  certificateChars: 32_768,
  /** … and its key: RSA 4096 takes 3.3 KB. */
  certificateKeyChars: 8_192,
  /** Orders at once: authorities ask for no more of one account. */
  acmeOrders: 2,
  /** One order: an authority looks from several places, and queues. */
  acmeOrderMs: 120_000,
  /** From then on another process may order the name: all that an order may take, and some. */
  acmeClaimMs: 240_000,
  /** How often it is looked whether something is due, if nothing else has changed, … */
  acmeLookMs: 60_000,
  /** … and how an order stands at the authority. */
  acmePollMs: 1_000,
  /** An authority's answer, and the certificates in it. */
  acmeRequestMs: 20_000,
  acmeAnswerBytes: 262_144,
  /** After a failure, doubled up to the second figure: authorities allow five an hour and name. */
  acmeBackOffMs: 60_000,
  acmeBackOffMaxMs: 86_400_000,
  /** Failures in a row, after which all names wait: the authority is not to be reached. */
  acmeStreak: 5,
  /** The operator's command that sets a record, and what is kept of what it says. */
  acmeCommandMs: 60_000,
  acmeCommandChars: 4_096,
} as const;
