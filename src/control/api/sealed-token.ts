// The token that a session of a browser was opened with, as the proxy keeps it: sealed with the key
// that only the page has, and sends with each call. So it can ask other proxies what the page asks
// it, and whoever reads its memory between two calls finds no token.

import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";

const CIPHER = "aes-256-gcm";
const IV_BYTES = 12;
const TAG_BYTES = 16;

export function sealToken(token: string, key: string): Buffer {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv(CIPHER, cipherKey(key), iv);
  const sealed = Buffer.concat([cipher.update(token, "utf8"), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), sealed]);
}

/** Throws for another key than it was sealed with. */
export function openToken(sealed: Buffer, key: string): string {
  const decipher = createDecipheriv(CIPHER, cipherKey(key), sealed.subarray(0, IV_BYTES));
  decipher.setAuthTag(sealed.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
  const text = [decipher.update(sealed.subarray(IV_BYTES + TAG_BYTES)), decipher.final()];
  return Buffer.concat(text).toString("utf8");
}

/** Another one than what the key is known by. */
const cipherKey = (key: string): Buffer =>
  Buffer.from(hkdfSync("sha256", key, "", "token of a session", 32));
