// atob and btoa. The engine's own base64 coder is the forgiving one of the Infra standard: white
// space is skipped, padding may be missing but not wrong, and left-over bits are dropped.

import { regexpExec, uncurry } from "../primordials.ts";
import { DOMException } from "./exception.ts";
import { bytesOfLatin1, latin1OfBytes } from "./utf8.ts";

const fromBase64 = Uint8Array.fromBase64.bind(Uint8Array);
const toBase64: (bytes: Uint8Array) => string = uncurry(Uint8Array.prototype.toBase64);
const BEYOND_LATIN1 = /[^\0-\xff]/;

/** base64 to a string of one character for each byte. */
export function atob(data: string): string {
  const text = `${data}`;
  return latin1OfBytes(bytesOfBase64(text));
}

function bytesOfBase64(text: string): Uint8Array {
  try {
    return fromBase64(text);
  } catch {
    throw new DOMException("The string is not valid base64", "InvalidCharacterError");
  }
}

/** A string of one character for each byte to base64. */
export function btoa(data: string): string {
  const text = `${data}`;
  if (regexpExec(BEYOND_LATIN1, text) !== null) {
    throw new DOMException("A character is beyond U+00FF", "InvalidCharacterError");
  }
  return toBase64(bytesOfLatin1(text));
}
