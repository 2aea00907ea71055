// Work for the pool that names, files and compression share, more than it could ever do.

import { type Attack, one } from "../attack.ts";

export const attack: Attack = {
  title: "a flood of PBKDF2 and of RSA pairs is worked off one at a time, and its request ends",
  hooks: `async requestFilter() {
    const { subtle } = crypto;
    const key = await subtle.importKey("raw", new Uint8Array(8), "PBKDF2", false, ["deriveBits"]);
    const about = { name: "PBKDF2", hash: "SHA-512", salt: new Uint8Array(8), iterations: 1e6 };
    const pair = { name: "RSA-PSS", hash: "SHA-256", modulusLength: 4096,
      publicExponent: new Uint8Array([1, 0, 1]) };
    const all = [];
    for (let i = 0; i < 400; i++) {
      all.push(subtle.deriveBits(about, key, 256), subtle.generateKey(pair, true, ["sign"]));
    }
    await Promise.all(all);
    return new Response("done");
  }`,
  limits: { requestCpuMs: 2_000, hookWallMs: 1_500 },
  times: 2,
  isQuick: true,
  expected: one("500 .*script_(timeout|error)"),
};
