// What a balancer says besides the addresses: the TLVs (type, length, value) behind them.

import { crc32c } from "./crc32c.ts";

/** Of the TLS that the balancer has taken off. */
export interface ProxiedTls {
  /** `TLSv1.3`; empty: it was not said. */
  readonly version: string;
  readonly cipher: string;
  /** Common name of the client's certificate; empty: it showed none, or it was not said. */
  readonly commonName: string;
  /** The client showed a certificate, and the balancer has verified it. */
  readonly isVerified: boolean;
}

export interface ProxyDetails {
  /** What the client's connection agreed on by ALPN; empty: nothing was said. */
  readonly alpn: string;
  /** The host that the client asked for (SNI); empty: it was not said. */
  readonly authority: string;
  /** Of the connection, in hexadecimal; empty: it has none. */
  readonly uniqueId: string;
  /** Null: the client's connection was in the clear, or it was not said. */
  readonly tls: ProxiedTls | null;
  /** All others, by their types. */
  readonly others: readonly OtherDetail[];
}

export interface OtherDetail {
  readonly type: number;
  readonly value: Buffer;
}

const TYPE = { alpn: 0x01, authority: 0x02, crc32c: 0x03, noop: 0x04, uniqueId: 0x05, ssl: 0x20 };
const SSL = { version: 0x21, commonName: 0x22, cipher: 0x23 };
const UNIQUE_ID_BYTES_MAX = 128;

interface Tlv {
  readonly type: number;
  /** Where the value begins. */
  readonly at: number;
  readonly value: Buffer;
}

/** Null: there is nothing. A string says what is wrong. @param header  the whole of it */
export function readDetails(header: Buffer, at: number): ProxyDetails | string | null {
  if (at === header.length) return null;
  const tlvs = tlvsOf(header, at);
  if (tlvs === null) return BROKEN;
  const checksum = tlvs.find(({ type }) => type === TYPE.crc32c);
  if (checksum !== undefined && !isIntact(header, checksum)) return "its checksum is wrong";
  const textOf = (wanted: number): string =>
    tlvs.find(({ type }) => type === wanted)?.value.toString("utf8") ?? "";
  const id = tlvs.find(({ type }) => type === TYPE.uniqueId)?.value ?? null;
  if (id !== null && id.length > UNIQUE_ID_BYTES_MAX) return "its unique id is too long";
  const tls = tlsOf(tlvs.find(({ type }) => type === TYPE.ssl)?.value ?? null);
  if (typeof tls === "string") return tls;
  return {
    alpn: textOf(TYPE.alpn),
    authority: textOf(TYPE.authority),
    uniqueId: id?.toString("hex") ?? "",
    tls,
    others: tlvs.filter(({ type }) => !KNOWN.has(type)).map(({ type, value }) => ({ type, value })),
  };
}

const KNOWN: ReadonlySet<number> = new Set(Object.values(TYPE));
const BROKEN = "its TLVs do not fill its length";

/** Null: they do not end where they should. */
function tlvsOf(bytes: Buffer, from: number): Tlv[] | null {
  const tlvs: Tlv[] = [];
  let at = from;
  while (at < bytes.length) {
    if (at + 3 > bytes.length) return null;
    const end = at + 3 + bytes.readUInt16BE(at + 1);
    if (end > bytes.length) return null;
    tlvs.push({ type: bytes[at] ?? 0, at: at + 3, value: bytes.subarray(at + 3, end) });
    at = end;
  }
  return tlvs;
}

/** The checksum is of the header with zeros in its place. */
function isIntact(header: Buffer, { at, value }: Tlv): boolean {
  if (value.length !== 4) return false;
  const zeroed = Buffer.from(header);
  zeroed.fill(0, at, at + 4);
  return crc32c(zeroed) === value.readUInt32BE(0);
}

/** One byte of flags, four of the certificate's verification, then TLVs of its own. */
const SSL_FIXED_BYTES = 5;
const FLAG = { tls: 0x01, certificate: 0x06 };

function tlsOf(value: Buffer | null): ProxiedTls | string | null {
  if (value === null) return null;
  if (value.length < SSL_FIXED_BYTES) return BROKEN;
  const tlvs = tlvsOf(value, SSL_FIXED_BYTES);
  if (tlvs === null) return BROKEN;
  const flags = value[0] ?? 0;
  if ((flags & FLAG.tls) === 0) return null;
  const textOf = (wanted: number): string =>
    tlvs.find(({ type }) => type === wanted)?.value.toString("utf8") ?? "";
  return {
    version: textOf(SSL.version),
    cipher: textOf(SSL.cipher),
    commonName: textOf(SSL.commonName),
    isVerified: (flags & FLAG.certificate) !== 0 && value.readUInt32BE(1) === 0,
  };
}
