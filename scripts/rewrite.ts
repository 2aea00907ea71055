// Body rewriting: pages of an application that believes to live at ORIGIN_URL
// ("http://app.internal") get links to PUBLIC_URL instead. Pages stream through: of each chunk,
// what follows the last blank, quote or bracket waits for the next, so that no link is cut in two,
// nor a character.

import { definePhases, env } from "sluice";

const from = env.ORIGIN_URL ?? "";
const to = env.PUBLIC_URL ?? "";
if (!/^https?:\/\/[\w.:-]+$/.test(from)) throw new Error("ORIGIN_URL: expected http://host");

const UTF8_PAGE = /^text\/html\s*(?:;\s*charset="?utf-8"?\s*)?$/i;
const BREAKS = new Set([..." \n\t\"'<>()"].map((char) => char.charCodeAt(0)));
/** A longer run has no link in it (a picture as data: has none): it goes on as it is. */
const TAIL_MAX = 65_536;
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const none: number[] = [];

export default definePhases({
  newCtx: () => ({ isPage: false, tail: none }),

  responseFilter({ response: { headers } }, ctx) {
    ctx.isPage = UTF8_PAGE.test(headers.get("content-type") ?? "");
    const location = headers.get("location") ?? "";
    if (location.startsWith(from)) headers.set("location", to + location.slice(from.length));
  },

  responseBodyFilter({ chunk, endOfStream }, ctx) {
    if (!ctx.isPage) return undefined;
    const bytes = new Uint8Array(ctx.tail.length + chunk.length);
    bytes.set(ctx.tail);
    bytes.set(chunk, ctx.tail.length);
    const whole = endOfStream ? bytes.length : bytes.findLastIndex((b) => BREAKS.has(b)) + 1;
    const isLong = bytes.length - whole > TAIL_MAX;
    ctx.tail = isLong ? none : [...bytes.subarray(whole)];
    return isLong ? bytes : decoder.decode(bytes.subarray(0, whole)).replaceAll(from, to);
  },
});
