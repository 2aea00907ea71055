// Data so large that a library might count its bytes wrong.

import { type Attack, one } from "../attack.ts";

export const attack: Attack = {
  title: "two gigabytes given to encrypt are refused by name",
  hooks: `async requestFilter() {
    const key = await crypto.subtle.generateKey({ name: "AES-CBC", length: 128 }, true,
      ["encrypt"]);
    const about = { name: "AES-CBC", iv: new Uint8Array(16) };
    const lengths = [2 ** 31, 2 ** 31 - 16, 32 * 2 ** 20, 2 ** 20 + 1];
    const names = [];
    for (const length of lengths) {
      try { await crypto.subtle.encrypt(about, key, new Uint8Array(length)); names.push("fine"); }
      catch (error) { names.push(error.name); }
    }
    return new Response(names.join());
  }`,
  expected: one(
    "200 (RangeError|OperationError),.*,OperationError$",
    "500 .*(script_(timeout|error|lost)|cell_lost)",
  ),
};
