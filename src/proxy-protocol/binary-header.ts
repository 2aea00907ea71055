// Version 2 of the PROXY protocol: 16 bytes, addresses, and what else the balancer says (TLVs). It
// is skipped whole by its length, also where it is not looked into: AWS sends dummy addresses with
// LOCAL.
//
//   0..11  signature   12  version, command   13  family, protocol   14..15  length of the rest

import { SocketAddress } from "node:net";
import { readDetails } from "./details.ts";
import { type Ends, HEADER_BYTES_MAX, type Reading } from "./header.ts";

export const BINARY_START = Buffer.from("\r\n\r\n\0\r\nQUIT\n", "latin1");

/** Before the addresses. */
export const FIXED_BYTES = 16;
const VERSION = 2;
const COMMAND = { local: 0, proxy: 1 } as const;

/** Bytes of both addresses, with their ports, by family and protocol. */
export const FAMILY = { unspecified: 0x00, tcp4: 0x11, tcp6: 0x21, unix: 0x31 } as const;
const ADDRESS_BYTES = new Map<number, number>([
  [FAMILY.unspecified, 0],
  [FAMILY.tcp4, 12],
  [FAMILY.tcp6, 36],
  [FAMILY.unix, 216],
]);

export function readBinaryHeader(bytes: Buffer): Reading {
  if (bytes.length < FIXED_BYTES) return "incomplete";
  const [versionAndCommand = 0, family = 0] = bytes.subarray(12);
  const [version, command] = [versionAndCommand >> 4, versionAndCommand & 0xf];
  if (version !== VERSION) return { problem: `expected version 2, got ${version}` };
  if (command > COMMAND.proxy) return { problem: `expected LOCAL or PROXY, got ${command}` };
  const length = FIXED_BYTES + bytes.readUInt16BE(14);
  if (length > HEADER_BYTES_MAX) {
    return { problem: `expected at most ${HEADER_BYTES_MAX} bytes, got ${length}` };
  }
  if (bytes.length < length) return "incomplete";
  const none = { version: 2, ends: null, details: null, bytes: length } as const;
  if (command === COMMAND.local) return none;
  const addressBytes = ADDRESS_BYTES.get(family);
  if (addressBytes === undefined) return { problem: `expected a family, got ${family}` };
  const tlvAt = FIXED_BYTES + addressBytes;
  if (tlvAt > length) return { problem: "expected addresses, got fewer bytes than they have" };
  const details = readDetails(bytes.subarray(0, length), tlvAt);
  if (typeof details === "string") return { problem: details };
  return { ...none, ends: endsOf(bytes, family), details };
}

/** Null: there are none that mean anything to us. */
function endsOf(bytes: Buffer, family: number): Ends | null {
  if (family === FAMILY.tcp4) return endsAt(bytes, 4, ipv4Of);
  return family === FAMILY.tcp6 ? endsAt(bytes, 16, ipv6Of) : null;
}

function endsAt(bytes: Buffer, size: number, textOf: (bytes: Buffer) => string): Ends {
  const at = FIXED_BYTES;
  const ports = at + 2 * size;
  return {
    source: { address: textOf(bytes.subarray(at, at + size)), port: bytes.readUInt16BE(ports) },
    destination: {
      address: textOf(bytes.subarray(at + size, ports)),
      port: bytes.readUInt16BE(ports + 2),
    },
  };
}

const ipv4Of = (bytes: Buffer): string => bytes.join(".");

function ipv6Of(bytes: Buffer): string {
  const groups = Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(2 * i).toString(16));
  // the system's own spelling, by which addresses are compared
  return new SocketAddress({ address: groups.join(":"), family: "ipv6" }).address;
}
