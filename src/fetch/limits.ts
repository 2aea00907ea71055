// The bounds of fetch that no configuration changes, each with its unit and reason.

export const FETCH_LIMITS = {
  /** As in the Fetch standard, HTTP-redirect fetch, step 8. */
  redirects: 20,
  /** Of a body that nobody reads: taken off its connection, so that only a large one holds it. */
  unreadBytes: 65_536,
  /** A body that came with its head goes to the script at once: a crossing of 2 µs is spared. */
  inlineBytes: 16_384,
  /** Content codings of one body, one in the other: undici takes five, and nobody sends three. */
  codings: 2,
  /** What fits a URL's target on the wire: as for a script's own requests. */
  urlChars: 16_384,
  /** URLs that are kept parsed for a tenant in a worker: many scripts know a handful. */
  keptUrls: 16,
  /** Of each of them, whose parts take some four times as much: 20 KiB a tenant with the above. */
  keptUrlChars: 256,
} as const;
