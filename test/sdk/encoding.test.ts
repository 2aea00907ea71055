// TextEncoder, TextDecoder, atob and btoa in an isolate, with Node's own as the oracle.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { fc } from "../support/property.ts";
import { callNode, WebIsolate } from "./web-isolate.ts";

const isolate = new WebIsolate();
after(() => isolate[Symbol.dispose]());

const same = async (body: string, ...inputs: readonly unknown[]): Promise<void> =>
  assert.deepEqual(await isolate.call(body, ...inputs), await callNode(body, ...inputs));

/** Text with lone surrogates, long ASCII runs and every plane. */
const anyText = fc.oneof(
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.string({ maxLength: 200 }),
  fc
    .array(fc.integer({ min: 0xd7f0, max: 0xe010 }), { maxLength: 12 })
    .map((units) => String.fromCharCode(...units)),
);

/** Bytes that are nearly UTF-8: whole characters, and bytes that break them. */
const nearlyUtf8 = fc
  .array(
    fc.oneof(
      anyText.map((text) => [...new TextEncoder().encode(text)]),
      fc.array(fc.constantFrom(0x41, 0x80, 0xbf, 0xc2, 0xe0, 0xed, 0xef, 0xf0, 0xf4, 0xff, 0xbb), {
        maxLength: 5,
      }),
    ),
    { maxLength: 5 },
  )
  .map((parts) => parts.flat());

test("encodes text as Node does, lone surrogates included", async () => {
  await fc.assert(
    fc.asyncProperty(anyText, (text) =>
      same("return [...new TextEncoder().encode(inputs[0])]", text),
    ),
    { numRuns: 300 },
  );
});

test("encodeInto writes whole characters and says how far it came", async () => {
  const body = `const room = new Uint8Array(inputs[1]);
    return [new TextEncoder().encodeInto(inputs[0], room), [...room]]`;
  await fc.assert(
    fc.asyncProperty(anyText, fc.nat(30), (text, room) => same(body, text, room)),
    { numRuns: 200 },
  );
});

for (const label of ["utf-8", "utf-16le", "latin1"]) {
  for (const fatal of [false, true]) {
    test(`decodes ${label} as Node does, fatal ${fatal}, cut anywhere`, async () => {
      const body = `const [bytes, cuts, label, fatal, ignoreBOM] = inputs;
        const decoder = new TextDecoder(label, { fatal, ignoreBOM });
        let text = "", from = 0;
        for (const cut of cuts.sort((a, b) => a - b)) {
          text += decoder.decode(new Uint8Array(bytes.slice(from, cut)), { stream: true });
          from = Math.max(from, cut);
        }
        text += decoder.decode(new Uint8Array(bytes.slice(from)));
        return [text, decoder.encoding, decoder.fatal, decoder.ignoreBOM]`;
      const surrogates = fc.array(fc.constantFrom(0, 0x3d, 0xd8, 0xdc, 0xfe, 0xff), {
        maxLength: 12,
      });
      const bytes = fc.oneof(nearlyUtf8, surrogates, fc.array(fc.nat(255), { maxLength: 30 }));
      await fc.assert(
        fc.asyncProperty(
          bytes,
          fc.array(fc.nat(30), { maxLength: 3 }),
          fc.boolean(),
          (input, cuts, ignoreBom) => same(body, input, cuts, label, fatal, ignoreBom),
        ),
        { numRuns: 300 },
      );
    });
  }
}

test("decodes what is longer than one call of String.fromCharCode takes", async () => {
  const body = `const mixed = "a".repeat(4095) + "\\u00e9\\u{1f600}";
    const text = mixed.repeat(5) + "b".repeat(200000);
    return new TextDecoder().decode(new TextEncoder().encode(text)) === text`;
  assert.equal(await isolate.call(body), true);
});

test("a decoder that threw begins anew", async () => {
  await same(`const decoder = new TextDecoder("utf-8", { fatal: true });
    let caught = 0;
    try { decoder.decode(new Uint8Array([0xe2, 0x28])) } catch { caught++ }
    return [caught, decoder.decode(new Uint8Array([0xe2, 0x82, 0xac]))]`);
});

test("decodes views of every kind, at an offset", async () => {
  await same(`const { buffer } = new Uint8Array([65, 66, 67, 68, 69, 70, 71, 72]);
    const decoder = new TextDecoder();
    return [buffer, new DataView(buffer, 1, 2), new Uint16Array(buffer, 2, 2)]
      .map((source) => decoder.decode(source))`);
});

test("knows the labels of its three encodings and refuses the rest", async () => {
  const body = "return new TextDecoder(inputs[0]).encoding";
  for (const label of [" UTF8\n", "unicode-1-1-utf-8", "ascii", "ISO-8859-1", "utf-16", "nope"]) {
    await same(body, label);
  }
  assert.deepEqual(await isolate.call(body, "shift_jis"), { thrown: "RangeError" });
});

test("btoa and atob agree with Node's, forgiving what it forgives", async () => {
  const latin1 = fc.array(fc.nat(255), { maxLength: 20 }).map((b) => String.fromCharCode(...b));
  await fc.assert(
    fc.asyncProperty(latin1, (text) => same("return btoa(inputs[0])", text)),
    { numRuns: 150 },
  );
  const messy = fc.oneof(
    fc.string({
      unit: fc.constantFrom("A", "b", "9", "+", "/", "=", " ", "\n", "\f"),
      maxLength: 9,
    }),
    fc.string({ maxLength: 8 }),
  );
  await fc.assert(
    fc.asyncProperty(messy, (text) => same("return atob(inputs[0])", text)),
    { numRuns: 500 },
  );
});

test("btoa refuses what is beyond latin1, with the web's error", async () => {
  await same('try { btoa("\\u0100") } catch (error) { return [error.name, error.code] }');
});
