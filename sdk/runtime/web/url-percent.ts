// Percent-encoding of text, as whatwg-url asks for it from the package @exodus/bytes: with UTF-8,
// the one encoding in which URLs are made.

/** Each byte of the text's UTF-8 that is in the set, a control or beyond ASCII becomes `%XX`. */
export function percentEncodeAfterEncoding(
  _encoding: string,
  text: string,
  percentEncodeSet: string,
): string {
  let encoded = "";
  for (const byte of encoder.encode(text)) {
    const isKept = byte > 0x1f && byte < 0x7f && !percentEncodeSet.includes(CHARACTERS[byte] ?? "");
    encoded += isKept ? CHARACTERS[byte] : ESCAPES[byte];
  }
  return encoded;
}

const encoder = new TextEncoder();
const CHARACTERS = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte));
const ESCAPES = CHARACTERS.map((_, byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`);
