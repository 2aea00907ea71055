// What a script may ask of its host, by number.

/**
 * And what the ask's text is. `timer`: ms to wait, decimal. `body`: the request body; `whole`, of
 * at most the host's limit, or `stream`, to be asked for piece by piece. `fetch`: a response, as
 * src/fetch/order.ts has it. `next`: of what an earlier ask holds, whose id the text begins with,
 * more, or something for it, which follows a blank. `cache`: as wire/memory-cache.ts has it.
 * `pour`: takes a body of the script's own, by `next`, and is answered when nobody wants it any
 * more; no text. `code`: a coder, as src/sandbox/coder.ts has it, which is given bytes and asked
 * for them by `next`. `gone`: answered when the client has left; no text. `pbkdf2`, `rsaPair`:
 * words before bars, as sandbox/crypto/long-calls.ts has them.
 */
export const ASK = {
  timer: 1,
  body: 2,
  fetch: 3,
  next: 4,
  cache: 5,
  pour: 6,
  code: 7,
  gone: 8,
  pbkdf2: 20,
  rsaPair: 21,
} as const;
