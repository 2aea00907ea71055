// Makes text from outside safe to print: a log line stays one line, and has no effect on the
// terminal that shows it.

// C0, DEL, C1 (0x9b begins an escape sequence too), and what breaks lines or turns the direction
// of text.
const UNPRINTABLE = /[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;
const NAMED: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** At most `charsMax` characters, … if there were more; controls as `\n`, `\x1b`, `\u202e`. */
export const printable = (text: string, charsMax: number): string =>
  cut(text, charsMax).replace(UNPRINTABLE, escapeChar);

/** The same, but lines stay lines: for JSON, and for whoever indents all of them but the first. */
export const printableLines = (text: string, charsMax: number): string =>
  cut(text, charsMax)
    .replaceAll("\r\n", "\n")
    .replace(UNPRINTABLE, (char) => (char === "\n" || char === "\t" ? char : escapeChar(char)));

/**
 * Several lines, or JSON however it is indented: everything unprintable but tabs and ends of lines
 * becomes `\u001b`, which JSON reads as what it was.
 */
export const harmless = (text: string): string => text.replace(UNPRINTABLE, escapeInText);

/** As a JSON string, fit for a terminal as well. */
export const quoted = (text: string, charsMax: number): string => {
  if (text.length <= charsMax && PLAIN.test(text)) return `"${text}"`;
  return JSON.stringify(cut(text, charsMax)).replace(UNPRINTABLE, toUnicodeEscape);
};

// Nearly all that is logged; the test is many times faster than JSON.stringify's copy.
const PLAIN = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/;

const cut = (text: string, charsMax: number): string =>
  text.length <= charsMax ? text.toWellFormed() : `${text.slice(0, charsMax).toWellFormed()}…`;

const escapeChar = (char: string): string => {
  const code = char.charCodeAt(0);
  return NAMED[char] ?? (code < 256 ? `\\x${hex(code, 2)}` : toUnicodeEscape(char));
};

const escapeInText = (char: string): string =>
  char === "\n" || char === "\t" ? char : toUnicodeEscape(char);

const toUnicodeEscape = (char: string): string => `\\u${hex(char.charCodeAt(0), 4)}`;

const hex = (code: number, digits: number): string => code.toString(16).padStart(digits, "0");
