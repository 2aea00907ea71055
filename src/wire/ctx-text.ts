// ctx as text is JSON. Bytes, for which JSON has no form, are a string of `BYTES` and their base64,
// which begins with NUL. A string of the script's own that begins with NUL has `STRING` before it.

export const MARK = "\0";
export const BYTES = "\0b";
export const STRING = "\0s";

/** How MARK looks in JSON text: without it nothing in the text is marked. */
export const MARK_AS_JSON = "\\u0000";
