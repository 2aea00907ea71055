// A name server on UDP, port 0: it answers what a test tells it to, or not at all.

import { createSocket, type RemoteInfo } from "node:dgram";
import { once } from "node:events";
import { isIPv4 } from "node:net";

/** Addresses; a failure by its number (2: SERVFAIL, 3: no such name); null: no answer. */
export type NameServerScript = (name: string, family: 4 | 6) => readonly string[] | number | null;

const TYPES: ReadonlyMap<number, 4 | 6> = new Map([
  [1, 4],
  [28, 6],
]);
const HEAD_BYTES = 12;

export class NameServer implements AsyncDisposable {
  readonly #socket = createSocket("udp4");
  /** Of all that it answers. */
  ttlS = 60;
  /** `a.example 4`, in the order in which they came. */
  readonly asked: string[] = [];

  static async start(script: NameServerScript): Promise<NameServer> {
    const server = new NameServer();
    server.#socket.on("message", (query, from) => server.#answer(query, from, script));
    server.#socket.bind(0, "127.0.0.1");
    await once(server.#socket, "listening");
    return server;
  }

  get address(): string {
    return `127.0.0.1:${this.#socket.address().port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#socket, "close");
    this.#socket.close();
    await closed;
  }

  #answer(query: Buffer, from: RemoteInfo, script: NameServerScript): void {
    const { name, end } = readName(query);
    const family = TYPES.get(query.readUInt16BE(end)) ?? 4;
    this.asked.push(`${name} ${family}`);
    const answer = script(name, family);
    if (answer === null) return;
    const addresses = typeof answer === "number" ? [] : answer;
    const head = Buffer.alloc(HEAD_BYTES);
    query.copy(head, 0, 0, 2);
    head.writeUInt16BE(0x8180 | (typeof answer === "number" ? answer : 0), 2);
    head.writeUInt16BE(1, 4);
    head.writeUInt16BE(addresses.length, 6);
    const question = query.subarray(HEAD_BYTES, end + 4);
    const packet = Buffer.concat([
      head,
      question,
      ...addresses.map((one) => toRecord(one, this.ttlS)),
    ]);
    this.#socket.send(packet, from.port, from.address);
  }
}

function readName(query: Buffer): { name: string; end: number } {
  const labels: string[] = [];
  let at = HEAD_BYTES;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString("latin1", at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join(".").toLowerCase(), end: at + 1 };
}

function toRecord(address: string, ttlS: number): Buffer {
  const data = isIPv4(address) ? Buffer.from(address.split(".").map(Number)) : expand(address);
  const head = Buffer.alloc(12);
  head.writeUInt16BE(0xc00c, 0);
  head.writeUInt16BE(data.length === 4 ? 1 : 28, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt32BE(ttlS, 6);
  head.writeUInt16BE(data.length, 10);
  return Buffer.concat([head, data]);
}

/** `2001:db8::1` */
function expand(address: string): Buffer {
  const [head = "", tail = ""] = address.split("::");
  const groups = (side: string): string[] => (side === "" ? [] : side.split(":"));
  const before = groups(head);
  const after = groups(tail);
  const zeros = Array<string>(8 - before.length - after.length).fill("0");
  const bytes = Buffer.alloc(16);
  for (const [index, group] of [...before, ...zeros, ...after].entries()) {
    bytes.writeUInt16BE(Number.parseInt(group, 16), 2 * index);
  }
  return bytes;
}
