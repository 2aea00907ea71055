// How a script asks for its tenant's memoryCache: an ask's text is a line of words, a line with the
// key as JSON text, and a value as JSON text, if there is one. A value that is bytes is the ask's
// bytes, and so it is with answers, whose text begins with one of `CACHE_ANSWER`.
//
//   get                     miss, or value
//   set TTL STALE FORM      done
//   delete                  done
//   load STALE              value; or load or stale, and then the ask holds the key's load
//     fill TTL STALE FORM   done: of what `next` of that ask says

/** Of a key, in UTF-16 units. */
export const CACHE_KEY_CHARS_MAX = 512;

/** Of a value, as text or bytes. */
export const CACHE_VALUE_MAX = 1_048_576;

/** 30 days. */
export const CACHE_TTL_MS_MAX = 2_592_000_000;

export const CACHE_FORM = { json: "j", bytes: "b" } as const;

export const CACHE_ANSWER = {
  miss: "-",
  /** What it holds follows: a form, and JSON. */
  value: "=",
  done: "+",
  /** The script is to load it. */
  load: "l",
  /** The script is to load it, and has the old value meanwhile: it follows, as in `value`. */
  stale: "s",
} as const;
