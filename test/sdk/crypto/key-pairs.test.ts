// Keys of two parts in `crypto.subtle` of a real isolate, beside Node's: the same calls, the same
// results and errors.

import { test } from "node:test";
import { sameAsNode } from "../same-as-node.ts";
import { BEFORE, each } from "./subtle-stand.ts";

const CASES: Readonly<Record<string, string>> = {
  "RSA signatures in both schemes": each(
    '[["RSASSA-PKCS1-v1_5"], ["RSA-PSS", 32], ["RSA-PSS", 0]]',
    `async ([name, saltLength]) => { const algorithm = { name, hash: "SHA-256" };
      const hidden = await subtle.importKey("pkcs8", der(keys.rsa.pkcs8), algorithm, true,
        ["sign"]);
      const shown = await subtle.importKey("spki", der(keys.rsa.spki), algorithm, true, ["verify"]);
      const about = { name, saltLength }, signature = await subtle.sign(about, hidden, bytes(50));
      return [signature.byteLength, name === "RSA-PSS" && saltLength > 0 ? "" : hex(signature),
        await subtle.verify(about, shown, signature, bytes(50)),
        await subtle.verify(about, shown, signature, bytes(51)),
        await subtle.verify(about, shown, bytes(256), bytes(50)),
        await subtle.verify(about, shown, bytes(3), bytes(50)), show(shown), show(hidden),
        await subtle.exportKey("jwk", shown), await subtle.exportKey("jwk", hidden),
        hex(await subtle.exportKey("spki", shown)), hex(await subtle.exportKey("pkcs8", hidden)),
        await failing(() => subtle.exportKey("pkcs8", shown)),
        await failing(() => subtle.exportKey("raw", shown)),
        await failing(() => subtle.sign(about, shown, bytes(1))),
        await failing(() => subtle.sign("HMAC", hidden, bytes(1)))] }`,
  ),
  "RSA keys as JWKs": each(
    '["RSASSA-PKCS1-v1_5", "RSA-PSS"]',
    `async (name) => { const algorithm = { name, hash: "SHA-384" };
      const hidden = await subtle.importKey("jwk", keys.rsa.hidden, algorithm, true, ["sign"]);
      const shown = await subtle.importKey("jwk", keys.rsa.shown, algorithm, true, ["verify"]);
      const about = { name, saltLength: 48 };
      return [show(hidden), show(shown),
        await subtle.verify(about, shown, await subtle.sign(about, hidden, bytes(9)), bytes(9)),
        await subtle.exportKey("jwk", shown),
        await failing(() => subtle.importKey("jwk", { ...keys.rsa.shown, alg: "RS1" },
          algorithm, true, ["verify"])),
        await failing(() => subtle.importKey("jwk", { kty: "RSA", n: "AA" }, algorithm, true,
          ["verify"])),
        await failing(() => subtle.importKey("jwk", keys.p256.shown, algorithm, true, ["verify"])),
        await failing(() => subtle.importKey("jwk", keys.rsa.shown, algorithm, true, ["sign"])),
        await failing(() => subtle.importKey("spki", bytes(40), algorithm, true, ["verify"]))] }`,
  ),
  "RSA-OAEP": each(
    '["SHA-1", "SHA-256"]',
    `async (hash) => { const algorithm = { name: "RSA-OAEP", hash }, label = bytes(4);
      const hidden = await subtle.importKey("pkcs8", der(keys.rsa.pkcs8), algorithm, true,
        ["decrypt"]);
      const shown = await subtle.importKey("spki", der(keys.rsa.spki), algorithm, true,
        ["encrypt"]);
      const sealed = await subtle.encrypt({ name: "RSA-OAEP", label }, shown, bytes(30));
      return [sealed.byteLength, hex(await subtle.decrypt({ name: "RSA-OAEP", label }, hidden,
        sealed)),
        (await subtle.exportKey("jwk", shown)).alg,
        await failing(() => subtle.decrypt("RSA-OAEP", hidden, sealed)),
        await failing(() => subtle.encrypt("RSA-OAEP", shown, bytes(250)))] }`,
  ),
  "ECDSA on each curve": each(
    '["P-256", "P-384", "P-521"]',
    `async (namedCurve) => { const own = keys[namedCurve.toLowerCase().replace("-", "")];
      const algorithm = { name: "ECDSA", namedCurve }, about = { name: "ECDSA", hash: "SHA-256" };
      const hidden = await subtle.importKey("pkcs8", der(own.pkcs8), algorithm, true, ["sign"]);
      const shown = await subtle.importKey("spki", der(own.spki), algorithm, true, ["verify"]);
      const signature = await subtle.sign(about, hidden, bytes(50));
      const point = await subtle.exportKey("raw", shown);
      const again = await subtle.importKey("raw", point, algorithm, true, ["verify"]);
      const jwk = await subtle.importKey("jwk", own.hidden, algorithm, true, ["sign"]);
      return [signature.byteLength, await subtle.verify(about, again, signature, bytes(50)),
        await subtle.verify(about, shown, bytes(64), bytes(50)), show(hidden), show(shown),
          hex(point),
        await subtle.exportKey("jwk", jwk), await subtle.exportKey("jwk", shown),
        hex(await subtle.exportKey("spki", again)),
        await failing(() => subtle.sign("ECDSA", hidden, bytes(1))),
        await failing(() => subtle.importKey("raw", point, { name: "ECDSA" }, true, ["verify"])),
        await failing(() => subtle.importKey("raw", bytes(65), algorithm, true, ["verify"])),
        await failing(() => subtle.importKey("jwk", { ...own.shown, crv: "P-999" }, algorithm,
          true, ["verify"])),
        await failing(() => subtle.importKey("jwk", { ...own.shown, alg: "HS256" }, algorithm,
          true, ["verify"])),
        await failing(() => subtle.importKey("spki", der(keys.ed.spki), algorithm, true,
          ["verify"]))] }`,
  ),
  Ed25519: `(async () => {
    const hidden = await subtle.importKey("jwk", keys.ed.hidden, "Ed25519", true, ["sign"]);
    const shown = await subtle.importKey("spki", der(keys.ed.spki), { name: "ed25519" }, true,
      ["verify"]);
    const signature = await subtle.sign("Ed25519", hidden, bytes(50));
    const point = await subtle.exportKey("raw", shown);
    const again = await subtle.importKey("raw", point, "Ed25519", true, ["verify"]);
    return [hex(signature), await subtle.verify("Ed25519", again, signature, bytes(50)),
      show(shown),
      await subtle.verify("Ed25519", shown, bytes(64), bytes(50)), show(hidden),
      await subtle.exportKey("jwk", shown),
      hex(await subtle.exportKey("pkcs8", hidden)),
      await failing(() => subtle.importKey("raw", bytes(31), "Ed25519", true, ["verify"]))] })()`,
  "ECDH and X25519 agree": each(
    '[["ECDH", "p256", "P-256"], ["X25519", "x", undefined]]',
    `async ([name, own, namedCurve]) => { const algorithm = { name, namedCurve };
      const hidden = await subtle.importKey("pkcs8", der(agreeing[own].pkcs8), algorithm, true,
        ["deriveBits", "deriveKey"]);
      const shown = await subtle.importKey("spki", der(agreeing[own].spki), algorithm, true, []);
      const about = { name, public: shown };
      const derived = await subtle.deriveKey(about, hidden, { name: "AES-KW", length: 128 },
        true, ["wrapKey"]);
      return [hex(await subtle.deriveBits(about, hidden, 256)),
        hex(await subtle.deriveBits(about, hidden, 64)),
        hex(await subtle.deriveBits(about, hidden, null)), hex(await subtle.exportKey("raw",
          derived)),
        show(hidden), show(shown), hex(await subtle.exportKey("raw", shown)),
        await failing(() => subtle.deriveBits(about, hidden, 1024)),
        await failing(() => subtle.deriveBits({ name, public: hidden }, hidden, 256)),
        await failing(() => subtle.deriveBits({ name, public: {} }, hidden, 256)),
        await failing(() => subtle.deriveBits(about, shown, 256))] }`,
  ),
};

for (const [title, expression] of Object.entries(CASES)) {
  test(`${title}: as in Node`, () => sameAsNode(expression, BEFORE));
}
