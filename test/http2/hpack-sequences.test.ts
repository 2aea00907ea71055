// Blocks one after the other, of which many begin alike: each is read as it was written, whatever
// was written before, and whatever size the table of a field block has by then. The other side is
// our own decoder, and the one of node:http2.

import assert from "node:assert/strict";
import { once } from "node:events";
import { type ClientHttp2Session, connect, sensitiveHeaders } from "node:http2";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { test } from "node:test";
import { settingsFrame } from "../../src/http2/frame-writer.ts";
import { HpackDecoder } from "../../src/http2/hpack-decoder.ts";
import { encodeLines, encodeStatus, NO_TABLE } from "../../src/http2/hpack-encoder.ts";
import { SETTING } from "../../src/http2/protocol.ts";
import { Session } from "../../src/http2/session.ts";
import { fc } from "../support/property.ts";

interface Field {
  readonly name: string;
  readonly value: string;
  readonly bytes: number;
}

const makeField = (name: string, value: string): Field => ({
  ...{ name, value },
  bytes: name.length + value.length,
});

const SECRET = ["authorization", "set-cookie"];
const NAMES = ["Server", "x-id", "x-ix", "Age", "Set-Cookie", "Authorization", "Connection"];
const SEPARATORS = [":", ": ", ":  ", ":\t"];
const SHORT = ["", " ", "a", "b", " a", "b ", "aa", "ab", "b\t", "a: b", "a:bc", "a\tbc"];
const LONG = ["x", "y"].flatMap((letter) => [126, 127, 128, 300].map((n) => letter.repeat(n)));

const line = fc
  .tuple(fc.constantFrom(...NAMES), fc.constantFrom(...SEPARATORS), fc.constantFrom(...SHORT))
  .map((parts) => parts.join(""));
const longLine = fc.constantFrom(...LONG).map((value) => `x-id: ${value}`);
const anyLine = fc.oneof({ weight: 8, arbitrary: line }, { weight: 1, arbitrary: longLine });

interface Change {
  readonly block: number;
  readonly at: number;
  readonly line: string;
  readonly size: number;
}

interface Sequence {
  readonly blocks: readonly (readonly string[])[];
  readonly changes: readonly Change[];
}

const change: fc.Arbitrary<Change> = fc.record({
  block: fc.nat(),
  at: fc.nat(),
  line: anyLine,
  size: fc.nat(),
});

/** Some blocks that come again and again, and what is another in each of them, each time. */
const sequence = (changes: number): fc.Arbitrary<Sequence> =>
  fc.record({
    blocks: fc.array(fc.array(anyLine, { minLength: 1, maxLength: 6 }), {
      ...{ minLength: 1, maxLength: 3 },
    }),
    changes: fc.array(change, { minLength: changes, maxLength: changes }),
  });

/** The lines of each block, in turn. */
const linesOf = ({ blocks, changes }: Sequence): string[][] =>
  changes.map(({ block, at, line: changed }) => {
    const lines = blocks[block % blocks.length] ?? [];
    return lines.with(at % lines.length, changed);
  });

const encode = (lines: readonly string[]): string =>
  encodeLines(lines.map((one) => `${one}\r\n`).join(""));

/** What is to be read of them: no blanks around values, and nothing of a connection. */
const readOf = (lines: readonly string[]): string[] =>
  lines
    .filter((one) => !one.startsWith("Connection"))
    .map((one) => {
      const colon = one.indexOf(":");
      return `${one.slice(0, colon).toLowerCase()}: ${one.slice(colon + 1).trim()}`;
    });

/** By who has no table. */
function decoded(block: string): string[] {
  const read: string[] = [];
  const bytes = Buffer.from(NO_TABLE + block, "latin1");
  new HpackDecoder(makeField).decode(bytes, 0, bytes.length, {
    onField: ({ name, value }) => void read.push(`${name}: ${value}`),
  });
  return read;
}

test("what is written of a block owes nothing to those that were written before", () => {
  const holds = fc.property(sequence(150), (given) => {
    for (const lines of linesOf(given)) assert.deepEqual(decoded(encode(lines)), readOf(lines));
  });
  fc.assert(holds, { numRuns: 40 });
});

/** Answers the request for `/N` with the block of that number; what it was asked is in `asked`. */
class Peer implements AsyncDisposable {
  readonly asked: string[][] = [];
  readonly #blocks: readonly string[];
  #session: Session<Field> | null = null;
  readonly #server = createServer((socket) => {
    this.#session = this.#join(socket);
  });

  constructor(blocks: readonly string[]) {
    this.#blocks = blocks;
  }

  async listen(): Promise<number> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    return (this.#server.address() as AddressInfo).port;
  }

  /** Our table is to be no larger. */
  limitTable(bytes: number): void {
    this.#session?.outbox.add(settingsFrame([[SETTING.headerTableSize, bytes]]));
  }

  #join(socket: Socket): Session<Field> {
    const ignore = (): void => {};
    let fields: string[] = [];
    const session = new Session<Field>(
      {
        ...{ onBlockOpen: ignore, onSettingsAck: ignore, onStreamClosed: ignore },
        onBlock: (isRepeated) => {
          if (!isRepeated) fields = [];
          return isRepeated;
        },
        onField: ({ name, value }) => void fields.push(`${name}: ${value}`),
        onFields: () => true,
        onFailed: (error) => void socket.destroy(error),
        onStream: (stream) => {
          const path = fields.find((field) => field.startsWith(":path: /")) ?? "";
          this.asked.push(fields.filter((field) => !field.startsWith(":")));
          const block = this.#blocks[Number(path.slice(8))] ?? "";
          session.streams.sendHeaders(stream, encodeStatus(200) + block, true);
        },
        send: (data) => {
          if (typeof data === "string") socket.write(data, "latin1");
          else socket.write(data);
          return true;
        },
      },
      { isClient: false, blockBytesMax: 65_536, nowMs: () => performance.now(), makeField },
    );
    session.begin(settingsFrame([]));
    socket.on("data", (bytes: Buffer) => session.take(bytes));
    socket.on("error", ignore);
    return session;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    await once(this.#server, "close");
  }
}

interface Answer {
  readonly fields: string[];
  readonly secret: ReadonlySet<string>;
}

async function ask(session: ClientHttp2Session, path: string, id: string): Promise<Answer> {
  // the same ones often, so that they are put into a table and are pushed out of it
  const request = session.request({ ":path": path, "x-id": id, cookie: "a=b", server: "s" });
  request.resume();
  const [head, , raw] = await once(request, "response");
  await once(request, "close");
  const fields: string[] = [];
  for (let at = 2; at < raw.length; at += 2) fields.push(`${raw[at]}: ${raw[at + 1]}`);
  return { fields, secret: new Set(head[sensitiveHeaders]) };
}

const SIZES = [0, 4_096, 100, 65_536, 4_095, 1];

test("node:http2 reads each block as it was written, and is read, while tables change", async () => {
  const holds = fc.asyncProperty(sequence(60), async (given) => {
    const all = linesOf(given);
    await using peer = new Peer(all.map(encode));
    const session = connect(`http://127.0.0.1:${await peer.listen()}`);
    await using _ended = { [Symbol.asyncDispose]: async () => session.destroy() };
    await once(session, "remoteSettings");
    for (const [index, lines] of all.entries()) {
      const size = given.changes[index]?.size ?? 0;
      const headerTableSize = SIZES[size % SIZES.length] ?? 0;
      if (size % 5 === 0) session.settings({ headerTableSize });
      if (size % 7 === 0) peer.limitTable(Math.min(headerTableSize, 4_096));
      const id = `${size % 40}`.padStart(200, "-");
      const { fields, secret } = await ask(session, `/${index}`, id);
      const expected = readOf(lines);
      assert.deepEqual(fields, expected);
      assert.deepEqual(secret, new Set(SECRET.filter((name) => includes(expected, name))));
      assert.deepEqual(peer.asked.at(-1), [`x-id: ${id}`, "cookie: a=b", "server: s"]);
    }
  });
  await fc.assert(holds, { numRuns: 4 });
});

const includes = (fields: readonly string[], name: string): boolean =>
  fields.some((field) => field.startsWith(`${name}: `));
