// Read by the type checker alone: each line marked as an error must be one, and no other.

import type { SubtleCrypto } from "../../sdk/runtime/crypto/subtle.ts";

declare const subtle: SubtleCrypto;
const [bytes, usages] = [new Uint8Array(16), ["sign", "verify"]];

const own = await subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, usages);
await subtle.importKey("raw", bytes, { name: "HMAC", hash: { name: "SHA-1" } }, false, usages);
await subtle.importKey("jwk", {}, { name: "ECDSA", namedCurve: "P-256" }, false, ["verify"]);
await subtle.importKey("raw", bytes, "AES-GCM", false, ["encrypt"]);
await subtle.sign("HMAC", own, bytes);
await subtle.verify({ name: "ECDSA", hash: "SHA-256" }, own, bytes, bytes);
await subtle.verify({ name: "RSA-PSS", saltLength: 32 }, own, bytes, bytes);
await subtle.encrypt({ name: "AES-GCM", iv: bytes, additionalData: bytes }, own, bytes);
await subtle.encrypt({ name: "AES-CTR", counter: bytes, length: 64 }, own, bytes);
await subtle.deriveBits({ name: "HKDF", hash: "SHA-256", salt: bytes, info: bytes }, own, 256);
await subtle.deriveBits({ name: "ECDH", public: own }, own, 256);
await subtle.generateKey(
  { name: "RSA-OAEP", hash: "SHA-256", modulusLength: 2_048, publicExponent: new Uint8Array(3) },
  true,
  usages,
);
// @ts-expect-error no algorithm has such a member
await subtle.encrypt({ name: "AES-GCM", iV: bytes }, own, bytes);
// @ts-expect-error a name is needed
await subtle.digest({ hash: "SHA-256" }, bytes);
