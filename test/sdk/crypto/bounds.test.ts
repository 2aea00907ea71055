// What `crypto.subtle` refuses because it would hold up its thread, and how it says so.

import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { test } from "node:test";
import { CHAIN } from "../../../src/phases/table.ts";
import { answerText, LaneStand } from "../../sandbox/lane-stand.ts";
import { inside } from "../inside.ts";

const BEFORE = `const { subtle } = crypto;
  const said = async (run) => { try { await run(); return "fine" }
    catch (error) { return error.name + ": " + error.message } };
  const key = (name, usages, bytes = 16) =>
    subtle.importKey("raw", new Uint8Array(bytes), name, false, usages);`;

const rsa = (modulusLength: number, publicExponent: number): string => {
  const { publicKey } = generateKeyPairSync("rsa", { modulusLength, publicExponent });
  return publicKey.export({ format: "der", type: "spki" }).toString("base64");
};

const CASES: Readonly<Record<string, readonly [expression: string, said: RegExp]>> = {
  "a megabyte of data is taken": [`subtle.digest("SHA-256", new Uint8Array(1_048_576))`, /^fine$/],
  "a byte more is not": [
    `subtle.digest("SHA-256", new Uint8Array(1_048_577))`,
    /^OperationError: data: at most 1048576 bytes, got 1048577$/,
  ],
  "a long IV is refused": [
    `(async () => subtle.encrypt({ name: "AES-GCM", iv: new Uint8Array(16_385) },
      await key("AES-GCM", ["encrypt"]), new Uint8Array(1)))()`,
    /^OperationError: AES-GCM: iv: at most 16384 bytes/,
  ],
  "PBKDF2 of too many rounds is refused": [
    `(async () => subtle.deriveBits({ name: "PBKDF2", hash: "SHA-256", salt: new Uint8Array(8),
      iterations: 1_000_001 }, await key("PBKDF2", ["deriveBits"]), 256))()`,
    /^OperationError: PBKDF2: at most 1000000 iterations$/,
  ],
  "so is PBKDF2 of many rounds for many blocks": [
    `(async () => subtle.deriveBits({ name: "PBKDF2", hash: "SHA-256", salt: new Uint8Array(8),
      iterations: 600_000 }, await key("PBKDF2", ["deriveBits"]), 1024))()`,
    /^OperationError: PBKDF2: at most 1000000 iterations for all blocks/,
  ],
  "so are more bits than anybody needs": [
    `(async () => subtle.deriveBits({ name: "PBKDF2", hash: "SHA-256", salt: new Uint8Array(8),
      iterations: 1 }, await key("PBKDF2", ["deriveBits"]), 65_544))()`,
    /^OperationError: PBKDF2: at most 8192 bytes are derived at once$/,
  ],
  "a large RSA key is refused": [
    `subtle.importKey("spki", Uint8Array.fromBase64(${JSON.stringify(rsa(4_104, 65_537))}),
      { name: "RSA-PSS", hash: "SHA-256" }, true, ["verify"])`,
    /^NotSupportedError: expected RSA from 1024 to 4096 bits, got 4104$/,
  ],
  "so is one with a strange exponent": [
    `subtle.importKey("spki", Uint8Array.fromBase64(${JSON.stringify(rsa(1_024, 65_539))}),
      { name: "RSA-PSS", hash: "SHA-256" }, true, ["verify"])`,
    /^NotSupportedError: expected an exponent of RSA among 3, 17, 37, 65537$/,
  ],
  "so is one that is made with it": [
    `subtle.generateKey({ name: "RSA-PSS", hash: "SHA-256", modulusLength: 2048,
      publicExponent: new Uint8Array([255, 255, 255, 255]) }, true, ["sign"])`,
    /^OperationError: RSA-PSS: expected a publicExponent of 3, 17, 37 or 65537$/,
  ],
  "so is one of an odd size": [
    `subtle.generateKey({ name: "RSA-PSS", hash: "SHA-256", modulusLength: 8192,
      publicExponent: new Uint8Array([3]) }, true, ["sign"])`,
    /^OperationError: RSA-PSS: expected a modulusLength of 2048 to 4096$/,
  ],
};

for (const [title, [expression, said]] of Object.entries(CASES)) {
  test(title, async () => {
    assert.match(String(await inside(`said(() => ${expression})`, BEFORE)), said);
  });
}

test("work that takes long is the request's, and none begins that it has no time for", async () => {
  using stand = new LaneStand(
    `async requestFilter() {
      const about = { name: "PBKDF2", hash: "SHA-256", salt: new Uint8Array(8),
        iterations: 400_000 };
      const base = await key("PBKDF2", ["deriveBits"]);
      const all = [];
      for (let i = 0; i < 4; i++) all.push(await said(() => subtle.deriveBits(about, base, 256)));
      return Response.json(all);
    }`,
    { before: BEFORE, requestCpuMs: 150 },
  );
  const outcome = await stand.run(stand.exchange(), CHAIN.request);
  const text = answerText(outcome);
  // the request's time is over in the end, where a machine is so slow that the first took it all
  if (text === null) assert.equal(outcome.error?.code, "script_timeout");
  else
    assert.match(text, /OperationError: PBKDF2: it takes 100 ms .* of 150 \(limits.requestCpuMs\)/);
});

test("a key that is imported a thousand times is found again, and none is kept for ever", async () => {
  const seen = await inside(
    `(async () => { let fine = 0;
      for (let i = 0; i < 600; i++) {
        const pair = i % 2 ? first : await subtle.generateKey("Ed25519", true, ["sign"]);
        first ??= pair;
        const bytes = await subtle.exportKey("pkcs8", pair.privateKey);
        const own = await subtle.importKey("pkcs8", bytes, "Ed25519", false, ["sign"]);
        fine += (await subtle.sign("Ed25519", own, bytes)).byteLength === 64;
      }
      return fine })()`,
    `${BEFORE} let first;`,
  );
  assert.equal(seen, 600);
});
