// Whose answer a response is, as a word of its record: an upstream's, a script's own, a redirect or
// a fixed answer of the configuration, or what a client gets for an error.

export const SOURCE = { upstream: 0, script: 1, redirect: 2, answer: 3, error: 4 } as const;

/** Names by those numbers. */
export const RESPONSE_SOURCES = ["upstream", "script", "redirect", "answer", "error"] as const;
