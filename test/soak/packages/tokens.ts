// Tokens, passwords, digests, ids and codings.

import type { PackageCase } from "./package-case.ts";

export const TOKENS: readonly PackageCase[] = [
  {
    packages: ["jose@6.2.18"],
    imports: 'import { generateKeyPair, SignJWT, jwtVerify, EncryptJWT, jwtDecrypt } from "jose";',
    does: `(async () => {
      const { publicKey, privateKey } = await generateKeyPair("ES256");
      const token = await new SignJWT({ sub: "ann" }).setProtectedHeader({ alg: "ES256" })
        .setExpirationTime("1h").sign(privateKey);
      const secret = new Uint8Array(32).fill(7);
      const sealed = await new EncryptJWT({ sub: "joe" })
        .setProtectedHeader({ alg: "dir", enc: "A256GCM" }).encrypt(secret);
      return [(await jwtVerify(token, publicKey)).payload.sub,
        (await jwtDecrypt(sealed, secret)).payload.sub];
    })()`,
    gives: ["ann", "joe"],
  },
  {
    packages: ["oauth4webapi@3.8.8"],
    imports: 'import * as oauth from "oauth4webapi";',
    does: `(async () => {
      const issuer = new URL(env.ORIGIN);
      const options = { [oauth.allowInsecureRequests]: true };
      const response = await oauth.discoveryRequest(issuer, options);
      const server = await oauth.processDiscoveryResponse(issuer, response);
      return [server.token_endpoint, await oauth.calculatePKCECodeChallenge("verifier")];
    })()`,
    gives: ["https://id.example/token", "iMnq5o6zALKXGivsnlom_0F5_WYda32GHkxlV7mq7hQ"],
  },
  {
    packages: ["iron-session@8.0.4"],
    imports: 'import { sealData, unsealData } from "iron-session";',
    does: `(async () => {
      const password = "x".repeat(32);
      return await unsealData(await sealData({ user: "ann" }, { password }), { password });
    })()`,
    gives: { user: "ann" },
  },
  {
    packages: ["bcryptjs@3.0.3"],
    imports: 'import { compareSync, hashSync } from "bcryptjs";',
    does: '[compareSync("right", hashSync("right", 4)), compareSync("wrong", hashSync("right", 4))]',
    gives: [true, false],
  },
  {
    packages: ["tweetnacl@1.0.3"],
    imports: 'import nacl from "tweetnacl";',
    does: `(() => {
      const { publicKey, secretKey } = nacl.sign.keyPair();
      const message = new TextEncoder().encode("message");
      const signature = nacl.sign.detached(message, secretKey);
      return nacl.sign.detached.verify(message, signature, publicKey);
    })()`,
    gives: true,
  },
  {
    packages: ["@noble/hashes@2.4.0"],
    imports: `import { blake3 } from "@noble/hashes/blake3.js";
      import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";`,
    does: 'bytesToHex(blake3(utf8ToBytes("abc"))).slice(0, 16)',
    gives: "6437b3ac38465133",
  },
  {
    packages: ["@noble/curves@2.4.0"],
    imports: 'import { secp256k1 } from "@noble/curves/secp256k1.js";',
    does: `(() => {
      const { secretKey, publicKey } = secp256k1.keygen();
      const message = new TextEncoder().encode("message");
      return secp256k1.verify(secp256k1.sign(message, secretKey), message, publicKey);
    })()`,
    gives: true,
  },
  {
    packages: ["js-sha256@1.0.0"],
    imports: 'import { sha256 } from "js-sha256";',
    does: 'sha256("abc").slice(0, 16)',
    gives: "ba7816bf8f01cfea",
  },
  {
    packages: ["crypto-js@4.2.0"],
    imports: 'import CryptoJS from "crypto-js";',
    does: `(() => {
      const sealed = CryptoJS.AES.encrypt("message", "secret").toString();
      return CryptoJS.AES.decrypt(sealed, "secret").toString(CryptoJS.enc.Utf8);
    })()`,
    gives: "message",
  },
  {
    packages: ["nanoid@5.1.16"],
    imports: 'import { nanoid } from "nanoid";',
    does: "nanoid().length",
    gives: 21,
  },
  {
    packages: ["uuid@14.0.3"],
    imports: 'import { v7, version } from "uuid";',
    does: "version(v7())",
    gives: 7,
  },
  {
    packages: ["ulid@3.0.2"],
    imports: 'import { decodeTime, ulid } from "ulid";',
    does: "decodeTime(ulid(1_700_000_000_000))",
    gives: 1_700_000_000_000,
  },
  {
    packages: ["@paralleldrive/cuid2@3.3.0"],
    imports: 'import { createId, isCuid } from "@paralleldrive/cuid2";',
    does: "isCuid(createId())",
    gives: true,
  },
  {
    packages: ["fflate@0.8.3"],
    imports: 'import { gunzipSync, gzipSync, strFromU8, strToU8 } from "fflate";',
    does: 'strFromU8(gunzipSync(gzipSync(strToU8("text".repeat(100))))).length',
    gives: 400,
  },
  {
    packages: ["pako@3.0.3"],
    imports: 'import { deflate, inflate } from "pako";',
    does: 'inflate(deflate("text"), { toText: true })',
    gives: "text",
  },
  {
    packages: ["base64-js@1.5.1"],
    imports: 'import { fromByteArray } from "base64-js";',
    does: "fromByteArray(Uint8Array.of(1, 2, 3))",
    gives: "AQID",
  },
  {
    packages: ["buffer@6.0.3"],
    imports: 'import { Buffer } from "buffer/";',
    does: '[Buffer.from("ü").toString("hex"), Buffer.concat([Buffer.from("a"), Buffer.alloc(1)]).length]',
    gives: ["c3bc", 2],
  },
  {
    packages: ["events@3.3.0"],
    imports: 'import { EventEmitter } from "events/";',
    does: `(() => {
      const got = [];
      const emitter = new EventEmitter();
      emitter.once("a", (value) => got.push(value));
      return [emitter.emit("a", 1), emitter.emit("a", 2), got];
    })()`,
    gives: [true, false, [1]],
  },
];
