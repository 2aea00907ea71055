// The forms that a secret may have in a log line: itself, and what JSON, URLs and base64 make of
// it. A PEM key inside an object is logged with `\n` for its line breaks, a password in a query
// with `%22` for its quotes, and both as base64 that depends on what stands before them.

import { LIMITS } from "../../base/limits.ts";

/** Texts of which each gives the secret away, each once. */
export function secretForms(secret: string): readonly string[] {
  const text = secret.toWellFormed();
  const json = inJson(text);
  const encoded = [encodeURIComponent(text), encodeURI(text), inForm(text)];
  const forms = [
    ...[secret, json, inJson(json)],
    ...encoded,
    ...encoded.map(withLowerHex),
    ...inBase64(Buffer.from(text, "utf8")),
    // what btoa takes: a byte a character
    ...inBase64(Buffer.from(secret, "latin1")),
  ];
  return [...new Set(forms)].filter((form) => form.length >= LIMITS.redactedChars);
}

const inJson = (text: string): string => JSON.stringify(text).slice(1, -1);

const inForm = (text: string): string => new URLSearchParams([["", text]]).toString().slice(1);

const withLowerHex = (text: string): string =>
  text.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase());

const BITS_A_CHAR = 6;

/**
 * The characters that the secret alone decides, wherever in a group of three bytes it begins: in
 * `Basic …` a user's name and a colon stand before it.
 */
function inBase64(bytes: Buffer): string[] {
  return [0, 1, 2].flatMap((before) => {
    const whole = Buffer.concat([Buffer.alloc(before), bytes]);
    const first = Math.ceil((before * 8) / BITS_A_CHAR);
    const end = Math.floor((whole.length * 8) / BITS_A_CHAR);
    const sure = (encoding: "base64" | "base64url") => whole.toString(encoding).slice(first, end);
    return [sure("base64"), sure("base64url")];
  });
}
