// Field blocks: the examples of RFC 7541 appendix C, and what no block may do.

import assert from "node:assert/strict";
import { test } from "node:test";
import { HpackDecoder } from "../../src/http2/hpack-decoder.ts";
import { encodeField, encodeLines } from "../../src/http2/hpack-encoder.ts";
import { ConnectionError } from "../../src/http2/protocol.ts";
import { fc } from "../support/property.ts";

interface Field {
  readonly name: string;
  readonly value: string;
  readonly bytes: number;
}

class Reader {
  readonly #decoder = new HpackDecoder<Field>((name, value) => ({
    name,
    value,
    bytes: name.length + value.length,
  }));

  read(block: Buffer): string[] {
    const lines: string[] = [];
    this.#decoder.decode(block, 0, block.length, {
      onField: ({ name, value }) => void lines.push(`${name}: ${value}`),
    });
    return lines;
  }

  hex(block: string): string[] {
    return this.read(Buffer.from(block.replaceAll(" ", ""), "hex"));
  }
}

const FIRST = [":method: GET", ":scheme: http", ":path: /", ":authority: www.example.com"];
const SECOND = [...FIRST, "cache-control: no-cache"];
const THIRD = [
  ...[":method: GET", ":scheme: https", ":path: /index.html", ":authority: www.example.com"],
  "custom-key: custom-value",
];

test("single fields are read as C.2 has them", () => {
  const literal = "400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572";
  assert.deepEqual(new Reader().hex(literal), ["custom-key: custom-header"]);
  assert.deepEqual(new Reader().hex("040c 2f73 616d 706c 652f 7061 7468"), [":path: /sample/path"]);
  assert.deepEqual(new Reader().hex("1008 7061 7373 776f 7264 0673 6563 7265 74"), [
    "password: secret",
  ]);
  assert.deepEqual(new Reader().hex("82"), [":method: GET"]);
});

test("three requests of a connection are read as C.3 has them, and with Huffman code as C.4", () => {
  const plain = new Reader();
  assert.deepEqual(plain.hex("8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d"), FIRST);
  assert.deepEqual(plain.hex("8286 84be 5808 6e6f 2d63 6163 6865"), SECOND);
  const third = "8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65";
  assert.deepEqual(plain.hex(third), THIRD);
  const coded = new Reader();
  assert.deepEqual(coded.hex("8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff"), FIRST);
  assert.deepEqual(coded.hex("8286 84be 5886 a8eb 1064 9cbf"), SECOND);
  assert.deepEqual(coded.hex("8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf"), THIRD);
});

test("responses that push each other out of a table of 256 bytes are read as C.6 has them", () => {
  const reader = new Reader();
  const first = [
    ...[":status: 302", "cache-control: private", "date: Mon, 21 Oct 2013 20:13:21 GMT"],
    "location: https://www.example.com",
  ];
  const size = "3fe1 01";
  const block =
    "4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e" +
    "919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3";
  assert.deepEqual(reader.hex(size + block), first);
  assert.deepEqual(reader.hex("4883 640e ffc1 c0bf"), [":status: 307", ...first.slice(1)]);
  const third =
    "88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad 94e7" +
    "821d d7f2 e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed" +
    "4ee5 b106 3d50 07";
  assert.deepEqual(reader.hex(third), [
    ...[":status: 200", "cache-control: private", "date: Mon, 21 Oct 2013 20:13:22 GMT"],
    ...["location: https://www.example.com", "content-encoding: gzip"],
    "set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1",
  ]);
});

const INVALID: Readonly<Record<string, string>> = {
  "the index 0": "80",
  "an index behind the table": "be",
  "an index that does not end": "ff ffff ffff ffff ff7f",
  "an index that is cut off": "ff",
  "a table larger than was offered": "3fe2 1f",
  "a table's size behind a field": "8220",
  "a name that is cut off": "000a 6375",
  "a value that is not there": "0001 61",
  "Huffman code with eight bits of padding": "0085 f2b2 4a84 ffff 00",
  "Huffman code whose padding has a zero": "0082 f1fe 00",
  "Huffman code with the end of a string in it": "0084 ffff ffff 00",
};

for (const [what, block] of Object.entries(INVALID)) {
  test(`${what} ends the session`, () => {
    assert.throws(
      () => new Reader().hex(block),
      (error) => error instanceof ConnectionError && error.code === 9,
    );
  });
}

test("a field that is larger than the table empties it", () => {
  const reader = new Reader();
  reader.hex("8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d");
  const long = "a".repeat(4_096);
  // 4,096 is 127 and 3,969 more, as 7f 81 1f
  reader.read(Buffer.concat([Buffer.from("4001617f811f", "hex"), Buffer.from(long)]));
  assert.throws(() => reader.hex("be"));
});

test("what is written is read again, whatever its names and values are", () => {
  const name = fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/).filter((given) => !CUT.has(given));
  const value = fc.stringMatching(/^(?:[!-~](?:[ -~]{0,200}[!-~])?)?$/);
  const fields = fc.array(fc.tuple(name, value), { maxLength: 20 });
  const holds = fc.property(fields, (given) => {
    const lines = given.map(([key, text]) => `${key}: ${text}`);
    const block = encodeLines(lines.map((line) => `${line}\r\n`).join(""));
    assert.deepEqual(new Reader().read(Buffer.from(block, "latin1")), lines);
  });
  fc.assert(holds);
});

test("lines that come again are written as they were the first time, also beside their likes", () => {
  // equal in length and in most characters, so that they compete for one place
  const lines = Array.from({ length: 40 }, (_, i) => `x-line: a${i % 10}bcdef${i % 4}z`);
  for (let round = 0; round < 50; round++) {
    const fresh = `x-id: ${round}`;
    const block = encodeLines([...lines, fresh].map((line) => `${line}\r\n`).join(""));
    assert.deepEqual(new Reader().read(Buffer.from(block, "latin1")), [...lines, fresh]);
  }
});

const CUT = new Set([
  ...["connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"],
  "http2-settings",
]);

test("names leave in lower case, those of a connection do not leave, and cookies are secret", () => {
  const block = encodeLines("Content-Type: a\r\nConnection: close\r\nSet-Cookie:  b \r\n");
  assert.deepEqual(new Reader().read(Buffer.from(block, "latin1")), [
    "content-type: a",
    "set-cookie: b",
  ]);
  assert.equal(block.charCodeAt(4) & 0xf0, 0x10, "a set-cookie may be put into a table");
  assert.equal(encodeField(":status", "200"), "\x88");
  assert.deepEqual(new Reader().read(Buffer.from(encodeField(":status", "418"), "latin1")), [
    ":status: 418",
  ]);
});

test("blocks that differ in their last lines alone are each written as they are", () => {
  const same = ["server: nginx", "content-type: text/plain"];
  for (let round = 0; round < 80; round++) {
    const id = 10 + round;
    // equally long, for the same place: other names, two lines, blanks in the place of a value
    const ends = [[`x-id: ${id}`], [`x-ix: ${id}`], ["a: b", "c:"], [`x-id:${id} `], ["x-id:   "]];
    for (const end of ends) {
      const lines = [...same, ...end];
      const block = encodeLines(lines.map((line) => `${line}\r\n`).join(""));
      const read = new Reader().read(Buffer.from(block, "latin1"));
      assert.deepEqual(read, lines.map(plain));
    }
    assert.equal(encodeLines(""), "");
  }
});

test("blocks that come again as they are, or but for a line, are each written as they are", () => {
  for (let round = 0; round < 160; round++) {
    for (const last of ["x-a: 1", "x-a: 2", `x-a: ${round % 10}`]) {
      const lines = ["server: nginx", "content-type: text/plain", last];
      const block = encodeLines(lines.map((line) => `${line}\r\n`).join(""));
      assert.deepEqual(new Reader().read(Buffer.from(block, "latin1")), lines);
    }
  }
});

test("blocks that differ from a line within on are each written as they are", () => {
  for (let round = 0; round < 120; round++) {
    const id = 100 + round;
    for (const within of [`x-ctx: none ${id}`, `x-ctx: node ${id}`, `x-cty:none ${id} `]) {
      const lines = ["server: nginx", within, "age: 1", `x-id: ${id}`];
      const given = [...lines.slice(0, 3), "Connection: close", ...lines.slice(3)];
      const block = encodeLines(given.map((line) => `${line}\r\n`).join(""));
      assert.deepEqual(new Reader().read(Buffer.from(block, "latin1")), lines.map(plain));
    }
  }
});

/** Without blanks around its value. */
function plain(line: string): string {
  const colon = line.indexOf(":");
  return `${line.slice(0, colon)}: ${line.slice(colon + 1).trim()}`;
}
