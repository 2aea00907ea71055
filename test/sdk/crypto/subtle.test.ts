// `crypto.subtle` in a real isolate beside Node's: the same calls, the same results and errors.

import assert from "node:assert/strict";
import { test } from "node:test";
import { inside } from "../inside.ts";
import { sameAsNode } from "../same-as-node.ts";
import { BEFORE, each, HASHES } from "./subtle-stand.ts";

const CASES: Readonly<Record<string, string>> = {
  "digests of nothing, of little and of much": each(
    HASHES,
    `async (h) => [hex(await subtle.digest(h, bytes(0))), hex(await subtle.digest(h, bytes(3))),
      hex(await subtle.digest(h, bytes(300_000))), hex(await subtle.digest(h,
        bytes(9).subarray(2, 5)))]`,
  ),
  "a digest of no hash, or of no bytes": `Promise.all([failing(() => subtle.digest("MD5",
    bytes(1))),
    failing(() => subtle.digest("HMAC", bytes(1))), failing(() => subtle.digest("SHA-256", "text")),
    failing(() => subtle.digest("", bytes(1)))])`,
  "HMAC signs and verifies with each hash": each(
    HASHES,
    `async (hash) => { const key = await raw({ name: "hmac", hash }, 40, ["sign", "verify"]);
      const code = await subtle.sign("HMAC", key, bytes(99));
      const wrong = new Uint8Array(code.slice()); wrong[3] ^= 1;
      return [hex(code), await subtle.verify("HMAC", key, code, bytes(99)), show(key),
        await subtle.verify("HMAC", key, wrong, bytes(99)),
        await subtle.verify("HMAC", key, code.slice(1), bytes(99))] }`,
  ),
  "HMAC keys in raw and JWK": `(async () => { const algorithm = { name: "HMAC", hash: "SHA-256" };
    const key = await raw(algorithm, 32, ["sign"]); const jwk = await subtle.exportKey("jwk", key);
    const again = await subtle.importKey("jwk", jwk, algorithm, false, ["sign"]);
    return [jwk, hex(await subtle.exportKey("raw", key)), show(again),
      await failing(() => subtle.exportKey("raw", again)),
      await failing(() => subtle.importKey("jwk", { ...jwk, kty: "RSA" }, algorithm, true,
        ["sign"])),
      await failing(() => subtle.importKey("jwk", { ...jwk, alg: "HS512" }, algorithm, true,
        ["sign"])),
      await failing(() => subtle.importKey("jwk", { ...jwk, ext: false }, algorithm, true,
        ["sign"])),
      await failing(() => subtle.importKey("jwk", { ...jwk, key_ops: [] }, algorithm, true,
        ["sign"])),
      await failing(() => subtle.importKey("jwk", { ...jwk, use: "enc" }, algorithm, true,
        ["sign"])),
      await failing(() => raw(algorithm, 0, ["sign"])),
      await failing(() => raw(algorithm, 8, ["encrypt"])),
      await failing(() => raw(algorithm, 8, [])),
      await failing(() => raw(algorithm, 8, ["dance"])),
      await failing(() => raw({ name: "HMAC" }, 8, ["sign"]))] })()`,
  "generated secret keys have the length that was wished": `(async () => { const all = [];
    for (const [algorithm, usages] of [[{ name: "HMAC", hash: "SHA-1" }, ["sign"]],
      [{ name: "HMAC", hash: "SHA-512" }, ["verify"]],
      [{ name: "HMAC", hash: "SHA-256", length: 64 }, ["sign"]],
      [{ name: "AES-GCM", length: 256 }, ["encrypt", "decrypt"]],
      [{ name: "AES-KW", length: 128 }, ["wrapKey"]]]) {
      const key = await subtle.generateKey(algorithm, true, usages);
      all.push([show(key), (await subtle.exportKey("raw", key)).byteLength]); }
    all.push(await failing(() => subtle.generateKey({ name: "AES-GCM", length: 100 }, true,
      ["encrypt"])),
      await failing(() => subtle.generateKey({ name: "AES-GCM", length: 128 }, true, [])),
      await failing(() => subtle.generateKey({ name: "AES-GCM", length: 128 }, true, ["sign"])));
    return all })()`,
  "AES-GCM with tags, additional data and IVs": each(
    "[[16, 128, 12], [24, 96, 12], [32, 104, 16], [32, undefined, 60], [16, 32, 12]]",
    `async ([size, tagLength, ivBytes]) => { const key = await raw("AES-GCM", size, ["encrypt",
      "decrypt"]);
      const about = { name: "AES-GCM", iv: bytes(ivBytes, 9), tagLength, additionalData: bytes(5) };
      const sealed = await subtle.encrypt(about, key, bytes(40));
      const wrong = new Uint8Array(sealed.slice()); wrong[0] ^= 1;
      return [hex(sealed), hex(await subtle.decrypt(about, key, sealed)),
        hex(await subtle.encrypt({ name: "AES-GCM", iv: bytes(12) }, key, bytes(0))),
        await failing(() => subtle.decrypt(about, key, wrong)),
        await failing(() => subtle.decrypt(about, key, new Uint8Array(2))),
        await failing(() => subtle.decrypt({ ...about, additionalData: bytes(4) }, key, sealed)),
        await failing(() => subtle.encrypt({ ...about, tagLength: 100 }, key, bytes(1))),
        await failing(() => subtle.encrypt({ name: "AES-GCM" }, key, bytes(1)))] }`,
  ),
  "AES-CBC": each(
    "[16, 24, 32]",
    `async (size) => { const key = await raw("AES-CBC", size, ["encrypt", "decrypt"]);
      const about = { name: "AES-CBC", iv: bytes(16, 3) };
      const sealed = await subtle.encrypt(about, key, bytes(33));
      return [hex(sealed), hex(await subtle.decrypt(about, key, sealed)), show(key),
        await failing(() => subtle.decrypt(about, key, bytes(15))),
        await failing(() => subtle.encrypt({ ...about, iv: bytes(15) }, key, bytes(1)))] }`,
  ),
  "AES-CTR counts with the bits that it is told, and begins anew": each(
    "[[128, 0], [64, 0], [8, 250], [4, 14], [1, 0], [32, 255]]",
    `async ([length, last]) => { const key = await raw("AES-CTR", 16, ["encrypt", "decrypt"]);
      const counter = new Uint8Array(16).fill(255); counter[15] = last;
      const about = { name: "AES-CTR", counter, length };
      const data = bytes(length === 1 ? 20 : 96), sealed = await subtle.encrypt(about, key, data);
      return [hex(sealed), hex(await subtle.decrypt(about, key, sealed)),
        await failing(() => subtle.encrypt(about, key, bytes(33))) === "fine" || length < 2,
        await failing(() => subtle.encrypt({ ...about, length: 0 }, key, bytes(1))),
        await failing(() => subtle.encrypt({ ...about, length: 129 }, key, bytes(1))),
        await failing(() => subtle.encrypt({ ...about, length: 1 }, key, bytes(48)))] }`,
  ),
  "HKDF and what it derives": each(
    '["SHA-1", "SHA-256", "SHA-384", "SHA-512"]',
    `async (hash) => { const key = await subtle.importKey("raw", bytes(20), "HKDF", false,
        ["deriveBits", "deriveKey"]);
      const about = { name: "HKDF", hash, salt: bytes(8), info: bytes(3) };
      const derived = await subtle.deriveKey(about, key, { name: "AES-GCM", length: 256 }, true,
        ["encrypt"]);
      const code = await subtle.deriveKey(about, key, { name: "HMAC", hash: "SHA-256" }, true,
        ["sign"]);
      return [hex(await subtle.deriveBits(about, key, 320)), hex(await subtle.exportKey("raw",
        derived)),
        hex(await subtle.exportKey("raw", code)), show(key),
        await failing(() => subtle.deriveBits(about, key, 7)),
        await failing(() => subtle.deriveBits(about, key, 256 * 512 * 8)),
        await failing(() => subtle.deriveBits({ name: "HKDF", hash }, key, 8)),
        await failing(() => subtle.importKey("raw", bytes(20), "HKDF", true, ["deriveBits"])),
        await failing(() => subtle.importKey("jwk", { kty: "oct", k: "AA" }, "HKDF", false,
          ["deriveBits"]))] }`,
  ),
  "PBKDF2 with few rounds and with many": each(
    '[["SHA-1", 1, 160], ["SHA-256", 1000, 256], ["SHA-512", 20_000, 512], ["SHA-256", 5000, 512]]',
    `async ([hash, iterations, length]) => { const key = await subtle.importKey("raw",
      utf8("secret"),
        "PBKDF2", false, ["deriveBits", "deriveKey"]);
      const about = { name: "PBKDF2", hash, iterations, salt: bytes(16) };
      return [hex(await subtle.deriveBits(about, key, length)),
        hex(await subtle.exportKey("raw", await subtle.deriveKey(about, key, { name: "AES-CBC",
          length: 128 },
          true, ["encrypt"]))),
        await failing(() => subtle.deriveBits({ ...about, iterations: 0 }, key, 8)),
        await failing(() => subtle.deriveBits(about, key, null))] }`,
  ),
  "keys are wrapped and unwrapped": `(async () => {
    const by = await raw("AES-KW", 32, ["wrapKey", "unwrapKey"]);
    const gcm = await raw("AES-GCM", 16, ["wrapKey", "unwrapKey", "encrypt"]);
    const inner = await raw({ name: "HMAC", hash: "SHA-256" }, 24, ["sign"]);
    const about = { name: "AES-GCM", iv: bytes(12) };
    const algorithm = { name: "HMAC", hash: "SHA-256" };
    const one = await subtle.wrapKey("raw", inner, by, "AES-KW");
    const two = await subtle.wrapKey("jwk", inner, gcm, about);
    const back = await subtle.unwrapKey("raw", one, by, "AES-KW", algorithm, true, ["sign"]);
    const other = await subtle.unwrapKey("jwk", two, gcm, about, algorithm, true, ["sign"]);
    const wrong = new Uint8Array(one.slice()); wrong[0] ^= 1;
    return [hex(one), hex(await subtle.exportKey("raw", back)),
      hex(await subtle.exportKey("raw", other)),
      show(back), await failing(() => subtle.unwrapKey("raw", wrong, by, "AES-KW", algorithm,
        true, ["sign"])),
      await failing(() => subtle.wrapKey("raw", inner, inner, "AES-KW")),
      await failing(() => subtle.encrypt("AES-KW", by, bytes(8)))] })()`,
  "pairs that are generated": each(
    `[[{ name: "ECDSA", namedCurve: "P-384" }, ["sign", "verify"]], [{ name: "Ed25519" }, ["sign"]],
      [{ name: "ECDH", namedCurve: "P-521" }, ["deriveBits"]], [{ name: "X25519" }, ["deriveKey"]],
      [{ name: "RSA-OAEP", modulusLength: 2048, hash: "SHA-256",
        publicExponent: new Uint8Array([1, 0, 1]) },
        ["encrypt", "decrypt"]]]`,
    `async ([algorithm, usages]) => {
      const { publicKey, privateKey } = await subtle.generateKey(algorithm, false, usages);
      return [show(publicKey), show(privateKey), Object.keys(await subtle.exportKey("jwk",
        publicKey)).sort(),
        await failing(() => subtle.exportKey("jwk", privateKey)),
        await failing(() => subtle.generateKey(algorithm, false, [])),
        await failing(() => subtle.generateKey(algorithm, false, ["dance"]))] }`,
  ),
  "what is no key, no format, no algorithm": `Promise.all([
    failing(() => subtle.sign("HMAC", {}, bytes(1))), failing(() => subtle.exportKey("raw", 5)),
    failing(() => subtle.importKey("pem", bytes(9), "HKDF", false, ["deriveBits"])),
    failing(() => subtle.importKey("raw", bytes(9), "ROT13", false, ["sign"])),
    failing(() => subtle.generateKey("HKDF", false, ["deriveBits"])),
    failing(() => subtle.encrypt("ECDSA", {}, bytes(1)))])`,
};

for (const [title, expression] of Object.entries(CASES)) {
  test(`${title}: as in Node`, () => sameAsNode(expression, BEFORE));
}

test("timingSafeEqual compares bytes of any kind, and lengths", async () => {
  const seen = await inside(
    `[subtle.timingSafeEqual(bytes(9), bytes(9)), subtle.timingSafeEqual(bytes(9), bytes(9, 1)),
      subtle.timingSafeEqual(bytes(9), bytes(8)), subtle.timingSafeEqual(bytes(0),
        new ArrayBuffer(0)),
      await failing(() => subtle.timingSafeEqual("a", "a"))]`,
    BEFORE,
  );
  assert.deepEqual(seen, [true, false, false, true, "TypeError"]);
});
