// Shared memory is a clock and a hoard.

import type { Attack } from "../attack.ts";

export const attack: Attack = {
  title: "shared memory, atomics and wasm are not there",
  hooks: `requestFilter(session) {
      return new Response([typeof SharedArrayBuffer, typeof Atomics, typeof WebAssembly].join());
    }`,
  expected: /^200 undefined,undefined,undefined$/,
};
