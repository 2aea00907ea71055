// Keys from the formats that scripts have them in, and back. What an isolate keeps is DER: SPKI of
// a public key, PKCS #8 of a private one.

import { createPrivateKey, createPublicKey, ECDH, type KeyObject } from "node:crypto";
import { CRYPTO_LIMITS } from "../../wire/crypto.ts";
import { type CryptoCall, type CryptoResult, type Operation, part, word } from "./crypto-call.ts";
import { CryptoFault } from "./crypto-fault.ts";
import { checkedKey, isKeyKind, KEY_TYPES, TOO_LARGE } from "./key-cache.ts";

/** kind; key. As it is kept, its type, and of RSA the bits and the exponent in hex. */
const reading =
  (read: (kind: string, bytes: Buffer) => KeyObject): Operation =>
  (call) => {
    const kind = word(call, 0);
    if (part(call, 0).length > CRYPTO_LIMITS.keyBytes) {
      throw new CryptoFault("DataError", TOO_LARGE);
    }
    return described(checkedKey(kind, () => read(kind, part(call, 0))));
  };

function described(key: KeyObject): CryptoResult {
  const { modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {};
  const words = [key.type, `${modulusLength}`, publicExponent.toString(16)];
  return { bytes: [derOf(key)], words };
}

export const derOf = (key: KeyObject): Buffer =>
  key.type === "public"
    ? key.export({ format: "der", type: "spki" })
    : key.export({ format: "der", type: "pkcs8" });

type Jwk = import("node:crypto").webcrypto.JsonWebKey;

/** JSON of the members that make the key, and no others. */
function fromJwk(_kind: string, json: Buffer): KeyObject {
  const key: Jwk = JSON.parse(json.toString("latin1"));
  return key.d === undefined
    ? createPublicKey({ key, format: "jwk" })
    : createPrivateKey({ key, format: "jwk" });
}

/** A point of a curve, or the public key of Ed25519 or X25519 itself. */
function fromRaw(kind: string, bytes: Buffer): KeyObject {
  if (!isKeyKind(kind)) throw new CryptoFault("NotSupportedError", "there is no such curve");
  const { type, curve } = KEY_TYPES[kind];
  if (type !== "ec") {
    const key = { kty: "OKP", crv: kind, x: bytes.toString("base64url") };
    return createPublicKey({ key, format: "jwk" });
  }
  const point = ECDH.convertKey(bytes, curve, undefined, undefined, "uncompressed");
  const whole = Buffer.isBuffer(point) ? point : Buffer.from(point, "latin1");
  const half = (whole.length - 1) / 2;
  const x = whole.subarray(1, 1 + half).toString("base64url");
  const y = whole.subarray(1 + half).toString("base64url");
  return createPublicKey({ key: { kty: "EC", crv: kind, x, y }, format: "jwk" });
}

/** kind, public or private; key */
function keyOf(call: CryptoCall): KeyObject {
  const [kind, bytes] = [word(call, 0), part(call, 0)];
  return word(call, 1) === "private"
    ? call.keys.private(kind, bytes)
    : call.keys.public(kind, bytes);
}

export const KEY_FORMATS: Readonly<Record<string, Operation>> = {
  "import spki": reading((_kind, key) => createPublicKey({ key, format: "der", type: "spki" })),
  "import pkcs8": reading((_kind, key) => createPrivateKey({ key, format: "der", type: "pkcs8" })),
  "import jwk": reading(fromJwk),
  "import raw": reading(fromRaw),

  "export jwk": (call) => Buffer.from(JSON.stringify(keyOf(call).export({ format: "jwk" }))),

  "export raw": (call) => {
    const { x = "", y = "", kty } = keyOf(call).export({ format: "jwk" });
    const point = [Buffer.from(x, "base64url"), Buffer.from(y, "base64url")];
    return Buffer.concat(kty === "EC" ? [UNCOMPRESSED, ...point] : point);
  },
};

/** What a point that is not compressed begins with. */
const UNCOMPRESSED = Buffer.from([4]);
