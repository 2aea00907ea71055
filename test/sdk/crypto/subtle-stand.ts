// Keys and data that are the same in an isolate and in Node, for tests of `crypto.subtle`.

import assert from "node:assert/strict";
import type { webcrypto } from "node:crypto";

/** Keys and data that are the same in both. */
const pairs = {
  rsa: await pairOf({
    name: "RSA-PSS",
    modulusLength: 2048,
    publicExponent: new Uint8Array([1, 0, 1]),
    hash: "SHA-256",
  }),
  p256: await pairOf({ name: "ECDSA", namedCurve: "P-256" }),
  p384: await pairOf({ name: "ECDSA", namedCurve: "P-384" }),
  p521: await pairOf({ name: "ECDSA", namedCurve: "P-521" }),
  ed: await pairOf({ name: "Ed25519" }),
};
const agreeing = {
  p256: await pairOf({ name: "ECDH", namedCurve: "P-256" }, ["deriveBits"]),
  x: await pairOf({ name: "X25519" }, ["deriveBits"]),
};

async function pairOf(algorithm: object, usages = ["sign", "verify"]): Promise<unknown> {
  const { subtle } = globalThis.crypto;
  const pair = await subtle.generateKey(
    algorithm as webcrypto.EcKeyGenParams,
    true,
    usages as webcrypto.KeyUsage[],
  );
  assert.ok("publicKey" in pair);
  const { publicKey, privateKey } = pair;
  const exported = async (format: "spki" | "pkcs8", key: CryptoKey) =>
    Buffer.from(await subtle.exportKey(format, key)).toString("base64");
  const plain = async (key: CryptoKey) => {
    const { key_ops: _, alg: _alg, ext: _ext, ...jwk } = await subtle.exportKey("jwk", key);
    return jwk;
  };
  return {
    spki: await exported("spki", publicKey),
    pkcs8: await exported("pkcs8", privateKey),
    shown: await plain(publicKey),
    hidden: await plain(privateKey),
  };
}

export const BEFORE = `const { subtle } = crypto, keys = ${JSON.stringify(pairs)};
  const agreeing = ${JSON.stringify(agreeing)};
  const utf8 = (text) => new TextEncoder().encode(text);
  const bytes = (length, from = 0) => Uint8Array.from({ length }, (_, i) => (i * 7 + from) & 255);
  const hex = (buffer) => new Uint8Array(buffer).toHex();
  const unhex = (text) => Uint8Array.fromHex(text);
  const der = (text) => Uint8Array.fromBase64(text);
  const failing = async (run) => { try { await run(); return "fine" } catch (e) { return e.name } };
  const raw = (algorithm, length, usages) =>
    subtle.importKey("raw", bytes(length, 1), algorithm, true, usages);
  const show = (key) => [key.type, key.extractable, key.algorithm.name, key.algorithm.hash?.name,
    key.algorithm.length, key.algorithm.namedCurve, key.algorithm.modulusLength,
    key.algorithm.publicExponent && hex(key.algorithm.publicExponent), key.usages,
    String(key), key.algorithm === key.algorithm, key.usages === key.usages];`;

export const each = (list: string, run: string): string =>
  `(async () => { const all = []; for (const x of ${list}) all.push(await (${run})(x));
    return all })()`;
export const HASHES = '["SHA-1", "SHA-256", "sha-384", { name: "SHA-512" }]';
