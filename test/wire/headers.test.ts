// Header blocks: reading, editing, and what may stand in them.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  appendField,
  eachField,
  editProblem,
  fieldOf,
  hasField,
  isFieldBlock,
  isFieldValue,
  isToken,
  RESERVED_NAMES,
  removeField,
  removeFields,
  setField,
} from "../../src/wire/headers.ts";
import { isHost } from "../../src/wire/host.ts";
import { fc } from "../support/property.ts";

const BLOCK = "Host: a\r\nX-Note: accept: fake\r\nACCEPT:text/html \r\naccept:\t*/*\r\nEmpty:\r\n";

test("a field is found in any case, and its values are joined in order", () => {
  assert.equal(fieldOf(BLOCK, "accept"), "text/html, */*");
  assert.equal(fieldOf(BLOCK, "host"), "a");
  assert.equal(fieldOf(BLOCK, "empty"), "");
  assert.equal(fieldOf(BLOCK, "x-missing"), null);
  assert.equal(fieldOf("", "host"), null);
});

test("a name within a value or within a longer name is not a field", () => {
  assert.equal(hasField("X-A: b:c\r\n", "b"), false);
  assert.equal(hasField("X-A: b\r\n", "a"), false);
  assert.equal(hasField("A: b\r\n", "a: b\r\n"), false);
  assert.equal(hasField("Ab: b\r\n", "a"), false);
  assert.equal(hasField("A: x\r\n", "ab"), false);
  // Differs from `-` by the bit that tells upper from lower case.
  assert.equal(hasField("X\rA: 1\r\n", "x-a"), false);
  assert.equal(hasField("X^A: 1\r\n", "x~a"), false);
});

test("set replaces the first line in its place and drops the others", () => {
  assert.equal(setField("A: 1\r\nB: 2\r\na: 3\r\n", "a", "9"), "a: 9\r\nB: 2\r\n");
  assert.equal(setField("A: 1\r\n", "B", "2"), "A: 1\r\nB: 2\r\n");
  assert.equal(setField("", "B", ""), "B: \r\n");
});

test("append keeps what was there, remove takes every line", () => {
  assert.equal(appendField("A: 1\r\n", "A", "2"), "A: 1\r\nA: 2\r\n");
  assert.equal(removeField("a: 1\r\nB: 2\r\nA: 3\r\nC: 4\r\nA:\r\n", "A"), "B: 2\r\nC: 4\r\n");
  assert.equal(removeField("B: 2\r\n", "A"), "B: 2\r\n");
  assert.equal(removeFields("a: 1\r\nB: 2\r\nA: 3\r\nC: 4\r\n", new Set(["a", "c"])), "B: 2\r\n");
});

test("each line is visited in order with its name as sent and its value trimmed", () => {
  const seen: string[] = [];
  eachField("Set-Cookie: a=1\r\nX:  y \t\r\nSet-Cookie: b=2\r\n", (name, value) => {
    seen.push(`${name}=${value}`);
  });
  assert.deepEqual(seen, ["Set-Cookie=a=1", "X=y", "Set-Cookie=b=2"]);
});

test("a line that would split the head cannot be written", () => {
  for (const value of ["a\r\nB: c", "a\nb", "a\rb", "a\0b", " a", "a ", "\x7f", "a\x01", "ā"]) {
    assert.throws(() => setField("", "A", value), TypeError, JSON.stringify(value));
    assert.throws(() => appendField("", "A", value), TypeError, JSON.stringify(value));
  }
  for (const name of ["", "a b", "a:", "a\r\n", "ä", "a\0"]) {
    assert.throws(() => setField("", name, "x"), TypeError, JSON.stringify(name));
  }
});

test("tokens and values are what RFC 9110 says", () => {
  for (const token of ["a", "X-1", "!#$%&'*+-.^_`|~"]) assert.ok(isToken(token), token);
  for (const text of ["", "a b", "a\t", "(", "a,b", "a/b", "é", "a\n"]) {
    assert.ok(!isToken(text), JSON.stringify(text));
  }
  for (const value of ["", "a", "a b\tc", "é", "\xff", 'a,b;c="d"']) {
    assert.ok(isFieldValue(value), JSON.stringify(value));
  }
});

test("a block is whole lines and nothing else", () => {
  for (const block of ["", "A:\r\n", "A: b\r\nC:d\r\n", "A: \xff\t\r\n"]) {
    assert.ok(isFieldBlock(block), JSON.stringify(block));
  }
  const wrong = ["A", "A: b", "A: b\n", "A: b\r\n\r\n", ": b\r\n", "A : b\r\n", " A: b\r\n"];
  for (const block of [...wrong, "A: b\r\n c\r\n", "A: \0\r\n", "A: b\rC: d\r\n", "A: ā\r\n"]) {
    assert.ok(!isFieldBlock(block), JSON.stringify(block));
  }
});

test("a host is a name or address, with a port or without", () => {
  const right = ["a", "a.b", "A.b.", "a_b-c", "1.2.3.4:80", "[::1]", "[::1]:443", "a:0", "a:65535"];
  for (const host of [...right, "[2001:db8::1.2.3.4]", "[1:2:3:4:5:6:7:8]", "[::]"]) {
    assert.ok(isHost(host), host);
  }
  const wrong = ["", "a b", "a, b", "a,b", "a@b", "a/b", "a:", "a:x", "a:65536", "a:000080", ":80"];
  const wrongNames = [".", ".a", "a..b", "a%41", "é", "a?", "a#", "a\\b", "a:1:2", "http://a"];
  const wrongAddresses = ["[]", "[::1", "::1", "[1:2]", "[::1%25eth0]", "[1::2::3]", "[12345::]"];
  const wrongMixed = ["[v1.a]", "[::1.2.3]", "[::1.2.3.256]", "[1.2.3.4::]", "[:1:2:3:4:5:6:7]"];
  for (const host of [...wrong, ...wrongNames, ...wrongAddresses, ...wrongMixed]) {
    assert.ok(!isHost(host), host);
  }
  assert.ok(isHost(`${"a".repeat(255)}:65535`));
  assert.ok(!isHost("a".repeat(262)));
});

test("a script may edit what is end to end, and nothing that frames or routes a connection", () => {
  assert.equal(editProblem({ operation: "set", of: "request" }, "X-A", "b"), null);
  assert.equal(editProblem({ operation: "append", of: "request" }, "Set-Cookie", "a=1"), null);
  assert.equal(editProblem({ operation: "remove", of: "request" }, "Cookie", ""), null);
  assert.equal(editProblem({ operation: "set", of: "request" }, "Host", "a.b:1"), null);
  for (const name of [...RESERVED_NAMES, ":path", "Content-LENGTH"]) {
    for (const operation of ["set", "append", "remove"] as const) {
      assert.match(
        editProblem({ operation, of: "response" }, name, "1") ?? "",
        /belongs to the proxy/,
        name,
      );
    }
  }
  for (const name of ["Via", "max-forwards", "Max_Forwards", "Transfer_Encoding"]) {
    const problem = editProblem({ operation: "remove", of: "request" }, name, "");
    assert.match(problem ?? "", /belongs to the proxy/, name);
  }
  assert.equal(editProblem({ operation: "remove", of: "response" }, "Via", ""), null);
  assert.match(editProblem({ operation: "set", of: "request" }, "a b", "x") ?? "", /token/);
  assert.match(
    editProblem({ operation: "set", of: "request" }, "a", "x\r\ny") ?? "",
    /control characters/,
  );
  assert.match(editProblem({ operation: "set", of: "request" }, "Host", "a/b") ?? "", /host/);
  assert.match(editProblem({ operation: "remove", of: "request" }, "Host", "") ?? "", /can be set/);
  assert.match(
    editProblem({ operation: "append", of: "request" }, "host", "b") ?? "",
    /can be set/,
  );
});

const name = fc.constantFrom("A", "a", "Ab", "aB", "X-A", "Host", "b", "A.b", "A*");
const value = fc.constantFrom("", "1", "a: b", "x, y", "é", "a:", "A");
const lines = fc.array(fc.tuple(name, value), { maxLength: 8 });

test("reading and editing agree with a list of names and values", () => {
  fc.assert(
    fc.property(lines, name, value, (list, wanted, set) => {
      const block = list.map(([key, text]) => `${key}: ${text}\r\n`).join("");
      const lower = wanted.toLowerCase();
      const values = list.filter(([key]) => key.toLowerCase() === lower).map(([, text]) => text);
      assert.ok(isFieldBlock(block));
      assert.equal(fieldOf(block, lower), values.length === 0 ? null : values.join(", "));
      assert.equal(hasField(block, lower), values.length > 0);
      const others = list.filter(([key]) => key.toLowerCase() !== lower);
      const without = others.map(([key, text]) => `${key}: ${text}\r\n`).join("");
      assert.equal(removeField(block, wanted), without);
      assert.equal(removeFields(block, new Set([lower])), without);
      const edited = setField(block, wanted, set);
      assert.equal(fieldOf(edited, lower), set);
      assert.equal(removeField(edited, wanted), without);
      assert.ok(isFieldBlock(edited));
    }),
  );
});
