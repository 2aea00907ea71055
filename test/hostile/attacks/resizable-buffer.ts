// Memory of resizable buffers is counted by nobody.

import { type Attack, SCRIPT_ERROR } from "../attack.ts";

export const attack: Attack = {
  title: "a resizable buffer cannot be had",
  hooks: `requestFilter(session) {
      return new Response(String(new ArrayBuffer(8, { maxByteLength: 2 ** 30 }).byteLength));
    }`,
  expected: SCRIPT_ERROR,
};
