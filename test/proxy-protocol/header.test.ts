// PROXY headers, as balancers write them and as nobody should.

import assert from "node:assert/strict";
import { test } from "node:test";
import { crc32c } from "../../src/proxy-protocol/crc32c.ts";
import { HEADER_BYTES_MAX, type Reading } from "../../src/proxy-protocol/header.ts";
import { readProxyHeader } from "../../src/proxy-protocol/read-header.ts";
import { LOCAL_HEADER, proxyHeader } from "../../src/proxy-protocol/write-header.ts";

const SIGNATURE = "0d0a0d0a000d0a515549540a";
const hex = (text: string): Buffer => Buffer.from(text.replaceAll(" ", ""), "hex");
const text = (line: string): Buffer => Buffer.from(line, "latin1");

const V4 = "c6336407 cb007101 c001 01bb";
const ENDS4 = {
  source: { address: "198.51.100.7", port: 49_153 },
  destination: { address: "203.0.113.1", port: 443 },
};
const ENDS6 = {
  source: { address: "2001:db8::7", port: 49_153 },
  destination: { address: "::1", port: 443 },
};

/** @param rest  addresses and TLVs, in hexadecimal */
function binary(versionAndCommand: string, family: string, rest: string): Buffer {
  const body = hex(rest);
  const length = body.length.toString(16).padStart(4, "0");
  return Buffer.concat([hex(SIGNATURE + versionAndCommand + family + length), body]);
}

const tlv = (type: string, value: Buffer): string =>
  type + value.length.toString(16).padStart(4, "0") + value.toString("hex");

/** As HAProxy's `send-proxy-v2-ssl-cn` with authority, unique id and checksum. */
function rich(): Buffer {
  const sub = [tlv("21", text("TLSv1.3")), tlv("23", text("AES")), tlv("22", text("till 7"))];
  const ssl = `07 00000000 ${sub.join("")}`;
  const others = [tlv("01", text("h2")), tlv("02", text("a.test")), tlv("05", text("id"))];
  const tlvs = [...others, tlv("20", hex(ssl)), tlv("04", text("\0\0")), tlv("e0", text("own"))];
  const header = binary("21", "11", `${V4} ${tlvs.join("")} ${tlv("03", Buffer.alloc(4))}`);
  header.writeUInt32BE(crc32c(header), header.length - 4);
  return header;
}

const HEADERS: readonly (readonly [name: string, bytes: Buffer])[] = [
  ["TCP4", text("PROXY TCP4 198.51.100.7 203.0.113.1 49153 443\r\n")],
  ["TCP6", text("PROXY TCP6 2001:db8::7 ::1 49153 443\r\n")],
  ["UNKNOWN", text("PROXY UNKNOWN\r\n")],
  ["UNKNOWN with more", text(`PROXY UNKNOWN ${"f".repeat(91)}\r\n`)],
  ["version 2", binary("21", "11", V4)],
  ["version 2 with TLVs", rich()],
  ["LOCAL", LOCAL_HEADER],
  ["LOCAL with dummy addresses", binary("20", "11", V4)],
  ["LOCAL of an unknown family", binary("20", "77", "ffff")],
];

const endsOf = (reading: Reading): unknown =>
  typeof reading === "object" && "ends" in reading ? reading.ends : reading;

const problemOf = (bytes: Buffer): string => {
  const reading = readProxyHeader(bytes);
  return typeof reading === "object" && "problem" in reading ? reading.problem : "";
};

test("a header is not whole before its last byte, and says where the client's bytes begin", () => {
  for (const [name, header] of HEADERS) {
    for (let at = 0; at < header.length; at++) {
      assert.equal(readProxyHeader(header.subarray(0, at)), "incomplete", `${name}, ${at} bytes`);
    }
    const whole = readProxyHeader(Buffer.concat([header, text("GET / HTTP/1.1\r\n")]));
    assert.ok(typeof whole === "object" && "bytes" in whole, name);
    assert.equal(whole.bytes, header.length, name);
  }
});

test("both versions name the ends of the client's connection", () => {
  const [tcp4, tcp6] = HEADERS.map(([, bytes]) => readProxyHeader(bytes));
  assert.ok(tcp4 !== undefined && tcp6 !== undefined);
  assert.deepEqual(endsOf(tcp4), ENDS4);
  assert.deepEqual(endsOf(tcp6), ENDS6);
  assert.deepEqual(endsOf(readProxyHeader(binary("21", "11", V4))), ENDS4);
});

test("who speaks for itself, or of what has no address, names nobody", () => {
  const unix = binary("21", "31", "00".repeat(216));
  const unspecified = binary("21", "00", "");
  const local = HEADERS.filter(([name]) => /^(?:UNKNOWN|LOCAL)/.test(name));
  for (const bytes of [...local.map(([, header]) => header), unix, unspecified]) {
    assert.equal(endsOf(readProxyHeader(bytes)), null);
  }
});

test("TLVs are read: what TLS the client had, which host it asked for, and the rest as bytes", () => {
  const reading = readProxyHeader(rich());
  assert.ok(typeof reading === "object" && "details" in reading && reading.details !== null);
  const { others, ...details } = reading.details;
  assert.deepEqual(details, {
    alpn: "h2",
    authority: "a.test",
    uniqueId: "6964",
    tls: { version: "TLSv1.3", cipher: "AES", commonName: "till 7", isVerified: true },
  });
  assert.deepEqual(
    others.map(({ type, value }) => [type, value.toString()]),
    [[0xe0, "own"]],
  );
});

test("any flipped bit of a header with a checksum is found, or makes it another length", () => {
  const header = rich();
  for (let bit = 0; bit < header.length * 8; bit++) {
    const flipped = Buffer.from(header);
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    const reading = readProxyHeader(flipped);
    // LOCAL's rest is not looked into, and the type of the checksum may become another
    const isLocal = (flipped[12] ?? 0) === 0x20;
    const isUnchecked = bit >> 3 === header.length - 7;
    const isRead = typeof reading === "object" && "bytes" in reading;
    assert.ok(!isRead || isLocal || isUnchecked, `bit ${bit}`);
  }
});

test("what is no header is refused as soon as that is known", () => {
  const wrong: readonly Buffer[] = [
    text("GET / HTTP/1.1\r\n"),
    text("P "),
    text("PROXY TCP4 198.51.100.7 203.0.113.1 49153 443\n"),
    text("PROXY TCP4 198.51.100.7 203.0.113.1 49153 443\r\r"),
    text("PROXY TCP4  198.51.100.7 203.0.113.1 49153 443\r\n"),
    text("PROXY TCP4 198.51.100.07 203.0.113.1 49153 443\r\n"),
    text("PROXY TCP4 198.51.100.7 203.0.113.1 049153 443\r\n"),
    text("PROXY TCP4 198.51.100.7 203.0.113.1 49153 65536\r\n"),
    text("PROXY TCP4 198.51.100.7 203.0.113.1 49153 443 \r\n"),
    text("PROXY TCP4 2001:db8::7 ::1 49153 443\r\n"),
    text("PROXY TCP6 198.51.100.7 203.0.113.1 49153 443\r\n"),
    text("PROXY TCP6 fe80::1%lo ::1 49153 443\r\n"),
    text("PROXY UDP4 198.51.100.7 203.0.113.1 49153 443\r\n"),
    text("proxy TCP4 198.51.100.7 203.0.113.1 49153 443\r\n"),
    text(`PROXY UNKNOWN ${"f".repeat(93)}`),
    binary("11", "11", V4),
    binary("22", "11", V4),
    binary("21", "12", V4),
    binary("21", "77", V4),
    binary("21", "11", V4.slice(0, -5)),
    binary("21", "21", V4),
    binary("21", "11", `${V4} 0100`),
    binary("21", "11", `${V4} 010005 6832`),
    binary("21", "11", `${V4} ${tlv("03", Buffer.alloc(4))}`),
    binary("21", "11", `${V4} ${tlv("05", Buffer.alloc(129))}`),
    binary("21", "11", `${V4} ${tlv("20", Buffer.alloc(4))}`),
    binary("21", "11", `${V4} ${tlv("20", hex("01 00000000 210009"))}`),
    hex(`${SIGNATURE}2111${HEADER_BYTES_MAX.toString(16).padStart(4, "0")}`),
  ];
  for (const bytes of wrong) assert.notEqual(problemOf(bytes), "", JSON.stringify(`${bytes}`));
});

test("what is written is read as it was meant", () => {
  const mixed = { source: ENDS4.source, destination: ENDS6.destination };
  const full = { address: "1:2:3:4:5:6:7:8", port: 1 };
  for (const ends of [ENDS4, ENDS6, { source: full, destination: full }]) {
    assert.deepEqual(endsOf(readProxyHeader(proxyHeader(ends))), ends);
  }
  const asIpv6 = { ...ENDS4.source, address: "::ffff:198.51.100.7" };
  assert.deepEqual(endsOf(readProxyHeader(proxyHeader(mixed))), { ...ENDS6, source: asIpv6 });
  const unknown = { ...ENDS4, source: { address: "unknown", port: 0 } };
  assert.equal(endsOf(readProxyHeader(proxyHeader(unknown))), null);
});
