// Version 1 of the PROXY protocol: one line. One blank between its words, no leading zeros.

import { isIPv4, isIPv6 } from "node:net";
import type { Ends, Reading } from "./header.ts";

export const TEXT_START = Buffer.from("PROXY ", "latin1");

/** With its CRLF: `PROXY UNKNOWN`, two addresses of IPv6 and two ports. */
const LINE_BYTES_MAX = 107;
const CR = 0x0d;
const LF = 0x0a;

export function readTextHeader(bytes: Buffer): Reading {
  const end = bytes.subarray(0, LINE_BYTES_MAX).findIndex((byte) => byte === CR || byte === LF);
  if (end === -1) {
    if (bytes.length < LINE_BYTES_MAX) return "incomplete";
    return { problem: `expected a PROXY line of at most ${LINE_BYTES_MAX} bytes` };
  }
  if (bytes[end] === CR && bytes.length === end + 1 && end + 2 <= LINE_BYTES_MAX) {
    return "incomplete";
  }
  if (bytes[end] !== CR || bytes[end + 1] !== LF || end + 2 > LINE_BYTES_MAX) {
    return { problem: "expected a PROXY line that ends with CRLF" };
  }
  const line = bytes.toString("latin1", 0, end);
  const length = end + 2;
  if (UNKNOWN.test(line)) return { version: 1, ends: null, details: null, bytes: length };
  const ends = endsOf(line);
  if (ends === null) return { problem: "expected two addresses and two ports in the PROXY line" };
  return { version: 1, ends, details: null, bytes: length };
}

/** What stands behind it is to be ignored. */
const UNKNOWN = /^PROXY UNKNOWN(?: .*)?$/;
const PORT = "(0|[1-9]\\d{0,4})";
const KNOWN = new RegExp(`^PROXY (TCP4|TCP6) ([^ ]+) ([^ ]+) ${PORT} ${PORT}$`);
const PORT_MAX = 65_535;

function endsOf(line: string): Ends | null {
  const [, family, from = "", to = "", fromPort, toPort] = KNOWN.exec(line) ?? [];
  const isAddress = family === "TCP4" ? isIPv4 : isPlainIPv6;
  if (family === undefined || !isAddress(from) || !isAddress(to)) return null;
  const [sourcePort, destinationPort] = [Number(fromPort), Number(toPort)];
  if (sourcePort > PORT_MAX || destinationPort > PORT_MAX) return null;
  return {
    source: { address: from, port: sourcePort },
    destination: { address: to, port: destinationPort },
  };
}

/** Without a zone, which is a word of one machine. */
const isPlainIPv6 = (text: string): boolean => isIPv6(text) && !text.includes("%");
