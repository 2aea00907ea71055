// The first message of a TLS client, as far as it decides whose certificate and whose sessions the
// connection gets (RFC 8446 section 4.1.2, RFC 6066 section 3). It is read before OpenSSL sees it:
// OpenSSL resumes a session before it asks for a context, whatever name the client asks for now.

export interface ClientHello {
  /** In lower case, without a final dot; null: the client named none that could be a host. */
  readonly serverName: string | null;
  /** It offers `acme-tls/1` and nothing else: an authority proves whose name it is (RFC 8737). */
  readonly isChallenge: boolean;
}

/** `incomplete`: more is to come. `foreign`: this is no TLS client. */
export type HelloReading = ClientHello | "incomplete" | "foreign";

const HANDSHAKE = 22;
const CLIENT_HELLO = 1;
const RECORD_HEAD = 5;
const RECORD_MAX = 16_384;
/** Clients send one or two; each is looked at again with everything that comes. */
const RECORDS_MAX = 16;
const MESSAGE_HEAD = 4;
/** Version and random. */
const FIXED_PART = 34;
const SERVER_NAME = 0;
const PROTOCOLS = 16;
const CHALLENGE_ALONE = Buffer.from("\0\x0b\x0aacme-tls/1", "latin1");
const HOST_NAME = 0;
const NAME = /^(?=.{1,253}$)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*$/;

/** @param most  bytes of a hello that is still believed in */
export function readHello(bytes: Buffer, most: number): HelloReading {
  const fragments: Buffer[] = [];
  let held = 0;
  let wanted = Number.POSITIVE_INFINITY;
  for (let at = 0; held < wanted; ) {
    if (fragments.length === RECORDS_MAX) return "foreign";
    if (at >= bytes.length) return "incomplete";
    if (bytes[at] !== HANDSHAKE || (at + 1 < bytes.length && bytes[at + 1] !== 3)) return "foreign";
    if (at + RECORD_HEAD > bytes.length) return "incomplete";
    const length = bytes.readUInt16BE(at + 3);
    if (length === 0 || length > RECORD_MAX) return "foreign";
    const fragment = bytes.subarray(at + RECORD_HEAD, at + RECORD_HEAD + length);
    fragments.push(fragment);
    held += fragment.length;
    at += RECORD_HEAD + length;
    wanted = messageLength(fragments, held);
    if (wanted > most) return "foreign";
    if (held < wanted && at > bytes.length) return "incomplete";
  }
  return helloOf(Buffer.concat(fragments).subarray(MESSAGE_HEAD, wanted));
}

/** With its head; Infinity: not a hello. */
function messageLength(fragments: readonly Buffer[], held: number): number {
  if (held < MESSAGE_HEAD) return MESSAGE_HEAD;
  const head = Buffer.concat(fragments, MESSAGE_HEAD);
  return head[0] === CLIENT_HELLO ? MESSAGE_HEAD + head.readUIntBE(1, 3) : Number.POSITIVE_INFINITY;
}

/** What OpenSSL will refuse has no name here. */
function helloOf(hello: Buffer): ClientHello {
  let serverName: string | null = null;
  let isChallenge = false;
  let at = FIXED_PART;
  at += 1 + (hello[at] ?? 0); // session id
  at += 2 + twoBytes(hello, at); // cipher suites
  at += 1 + (hello[at] ?? 0); // compression methods
  const end = Math.min(hello.length, at + 2 + twoBytes(hello, at));
  at += 2;
  while (at + 4 <= end) {
    const type = hello.readUInt16BE(at);
    const length = hello.readUInt16BE(at + 2);
    at += 4;
    const content = hello.subarray(at, Math.min(end, at + length));
    if (type === SERVER_NAME) serverName ??= hostNameOf(content);
    if (type === PROTOCOLS) isChallenge = content.equals(CHALLENGE_ALONE);
    at += length;
  }
  return { serverName, isChallenge };
}

function hostNameOf(list: Buffer): string | null {
  if (list.length < 5 || list[2] !== HOST_NAME) return null;
  const length = list.readUInt16BE(3);
  if (5 + length > list.length) return null;
  const name = list
    .toString("latin1", 5, 5 + length)
    .toLowerCase()
    .replace(/\.$/, "");
  return NAME.test(name) ? name : null;
}

const twoBytes = (bytes: Buffer, at: number): number =>
  at + 2 <= bytes.length ? bytes.readUInt16BE(at) : 0;
