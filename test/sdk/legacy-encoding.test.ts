// TextDecoder in encodings that the host decodes, with Node's own as the oracle.

import assert from "node:assert/strict";
import { test } from "node:test";
import { inside } from "./inside.ts";

const LABELS = [
  ...["Shift_JIS", "gbk", "gb18030", "big5", "euc-jp", "euc-kr", "iso-2022-jp", "utf-16be"],
  ...["koi8-r", "windows-1251", "iso-8859-2", "iso-8859-15", "macintosh", "ibm866", " LATIN2 "],
];
/** Every byte, pairs of high ones, escapes, marks. */
const BYTES = [
  ...[
    0xfe, 0xff, 0x83, 0x65, 0x83, 0x58, 0x83, 0x67, 0x1b, 0x24, 0x42, 0x25, 0x46, 0x1b, 0x28, 0x42,
  ],
  ...Array.from({ length: 256 }, (_, byte) => byte),
  ...Array.from({ length: 600 }, (_, index) => 0x80 + ((index * 37) % 128)),
];

const DECODE = `(label, fatal, cuts, bytes) => {
  const decoder = new TextDecoder(label, { fatal });
  let text = "", from = 0;
  try {
    for (const cut of cuts) {
      text += decoder.decode(new Uint8Array(bytes.slice(from, cut)), { stream: true });
      from = cut;
    }
    text += decoder.decode(new Uint8Array(bytes.slice(from)));
  } catch (error) { text = error.name; }
  return [decoder.encoding, text, decoder.decode(new Uint8Array([0x41, 0x42]))];
}`;

for (const label of LABELS) {
  test(`decodes ${label} as Node does, whole and cut anywhere`, async () => {
    const ways = [false, true].flatMap((fatal) =>
      [[], [1, 2, 3, 5, 300, 301]].map((cuts) => [fatal, cuts]),
    );
    const call = (way: unknown) =>
      `(${DECODE})(${JSON.stringify(label)}, ...${JSON.stringify(way)}, ${JSON.stringify(BYTES)})`;
    const expression = `[${ways.map(call).join()}]`;
    const here: unknown = new Function(`return ${expression}`)();
    assert.deepEqual(await inside(expression), here);
  });
}

test("a long text is decoded in pieces, and characters may lie across them", async () => {
  const expression = `(() => {
    const bytes = new Uint8Array(200_001).fill(0x82);
    for (let i = 1; i < bytes.length; i += 2) bytes[i] = 0xa0;
    const text = new TextDecoder("shift_jis").decode(bytes);
    return [text.length, text.slice(0, 3), text.at(-1)];
  })()`;
  assert.deepEqual(await inside(expression), [100_001, "あああ", "\ufffd"]);
});

test("a text that was begun and forgotten gives way to others", async () => {
  const expression = `(() => {
    const half = new Uint8Array([0x82]);
    for (let i = 0; i < 1_000; i++) new TextDecoder("shift_jis").decode(half, { stream: true });
    return new TextDecoder("shift_jis").decode(new Uint8Array([0x82, 0xa0]));
  })()`;
  assert.equal(await inside(expression), "あ");
});

test("a label that is none is a RangeError", async () => {
  const labels = ["klingon", "replacement", "", "x".repeat(1_000_000), "utf-7"];
  const expression = `${JSON.stringify(labels)}.map((label) => failureOf(() => new TextDecoder(label)))`;
  assert.deepEqual(await inside(expression), Array(5).fill("RangeError"));
});
