// RSA keys that take long to verify with, or to read.

import { generateKeyPairSync } from "node:crypto";
import { type Attack, one } from "../attack.ts";

const { publicKey } = generateKeyPairSync("rsa", { modulusLength: 3_072 });
const { n } = publicKey.export({ format: "jwk" });
const huge = Buffer.alloc(383, 0xff).toString("base64url");

export const attack: Attack = {
  title: "RSA keys with huge exponents and moduli are refused before they are used",
  hooks: `async requestFilter() {
    const algorithm = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
    const names = new Set();
    for (const [n, e] of [["${n}", "${huge}"], ["${"_".repeat(16_000)}", "AQAB"], ["AA", "AQAB"]]) {
      for (let i = 0; i < 200; i++) {
        try {
          const key = await crypto.subtle.importKey("jwk", { kty: "RSA", n, e }, algorithm,
            true, ["verify"]);
          await crypto.subtle.verify(algorithm.name, key, new Uint8Array(384), new Uint8Array(1));
          names.add("fine");
        } catch (error) { names.add(error.name); }
      }
    }
    return new Response([...names].sort().join());
  }`,
  limits: { hookMs: 2_000 },
  expected: one("200 (DataError,)?NotSupportedError$"),
};
