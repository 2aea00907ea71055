// What is read of a TLS client's first message before OpenSSL sees it.

import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { test } from "node:test";
import { connect } from "node:tls";
import { readHello } from "../../src/downstream/tls/hello.ts";

const MOST = 16_384;

/** What Node's own client sends first. */
async function helloOf(servername: string, options: object = {}): Promise<Buffer> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const client = connect({ port, host: "127.0.0.1", servername, ...options });
  client.on("error", () => undefined);
  const [socket] = (await once(server, "connection")) as [Socket];
  const [bytes] = (await once(socket, "data")) as [Buffer];
  client.destroy();
  socket.destroy();
  server.close();
  return bytes;
}

/** The message cut into records of so many bytes. */
function inRecords(hello: Buffer, size: number): Buffer {
  const message = hello.subarray(5);
  const records: Buffer[] = [];
  for (let at = 0; at < message.length; at += size) {
    const part = message.subarray(at, at + size);
    records.push(Buffer.from([22, 3, 1, part.length >> 8, part.length & 255]), part);
  }
  return Buffer.concat(records);
}

for (const version of ["TLSv1.2", "TLSv1.3"]) {
  test(`${version}: the name that a client asks for is read, in lower case`, async () => {
    const hello = await helloOf("Shop.Example", { minVersion: version, maxVersion: version });
    assert.deepEqual(readHello(hello, MOST), { serverName: "shop.example", isChallenge: false });
  });

  test(`${version}: a client that names no host is told by that`, async () => {
    const hello = await helloOf("", { minVersion: version, maxVersion: version });
    assert.deepEqual(readHello(hello, MOST), { serverName: null, isChallenge: false });
  });
}

test("an authority's hello offers its protocol and no other", async () => {
  const hello = async (...ALPNProtocols: string[]) =>
    readHello(await helloOf("a.example", { ALPNProtocols }), MOST);
  const read = (isChallenge: boolean) => ({ serverName: "a.example", isChallenge });
  assert.deepEqual(await hello("acme-tls/1"), read(true));
  assert.deepEqual(await hello("acme-tls/1", "http/1.1"), read(false));
  assert.deepEqual(await hello("h2", "http/1.1"), read(false));
});

test("a hello that has not come whole is incomplete, wherever it is cut", async () => {
  const hello = await helloOf("a.example");
  for (let length = 1; length < hello.length; length++) {
    assert.equal(readHello(hello.subarray(0, length), MOST), "incomplete", `${length} bytes`);
  }
});

test("a hello may come in several records, and in no more than clients send", async () => {
  const hello = await helloOf("a.example");
  for (const size of [1, 2, 50]) {
    assert.equal(readHello(inRecords(hello, size), MOST), "foreign", `records of ${size}`);
  }
  for (const size of [150, 500, 1_000, 10_000]) {
    const cut = inRecords(hello, size);
    const expected = { serverName: "a.example", isChallenge: false };
    assert.deepEqual(readHello(cut, MOST), expected, `records of ${size}`);
    assert.equal(readHello(cut.subarray(0, cut.length - 1), MOST), "incomplete");
  }
});

test("what is no hello is foreign from its first bytes", () => {
  for (const bytes of ["GET / HTTP/1.1\r\n", "SSH-2.0-x\r\n", "\0", "\x16\x02", "\x15\x03\x01"]) {
    assert.equal(readHello(Buffer.from(bytes, "latin1"), MOST), "foreign", JSON.stringify(bytes));
  }
  const empty = Buffer.from([22, 3, 1, 0, 0]);
  assert.equal(readHello(empty, MOST), "foreign");
  assert.equal(readHello(Buffer.from([22, 3, 1, 0, 4, 2, 0, 0, 0]), MOST), "foreign");
});

test("a hello that says it is longer than any is foreign, before the rest has come", () => {
  assert.equal(readHello(Buffer.from([22, 3, 1, 0, 4, 1, 1, 0, 0]), MOST), "foreign");
  assert.equal(readHello(Buffer.from([22, 3, 1, 0, 4, 1, 0, 32, 0]), MOST), "incomplete");
});

test("of a hello with any byte changed, a name is read that could be a host, or none", async () => {
  const hello = await helloOf("a.example");
  for (let at = 0; at < hello.length; at++) {
    for (const value of [0, 1, 0x2e, 0x41, 0x7f, 0xff]) {
      const changed = Buffer.from(hello);
      changed[at] = value;
      const reading = readHello(changed, MOST);
      if (typeof reading === "string" || reading.serverName === null) continue;
      assert.match(reading.serverName, /^[a-z0-9_-]+(\.[a-z0-9_-]+)*$/);
    }
  }
});
