// Upgrades other than WebSocket, which a tenant must allow by name: Docker's `tcp`, with a body in
// front of it, and the SPDY of kubectl. What is not allowed is not asked of the origin.

import assert from "node:assert/strict";
import { test } from "node:test";
import { nearSide } from "./near-side.ts";
import { RawClient, values } from "./raw-client.ts";
import { answering, type OriginConnection, ok, requestText } from "./raw-origin.ts";

const { origin, proxy } = await nearSide({ tenant: { upgrades: ["tcp", "SPDY/3.1"] } });

const upgrade = (protocols: string, more = "", body = ""): string =>
  `POST /x HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: ${protocols}\r\n${more}\r\n${body}`;
const switching = (protocol: string): string =>
  `HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\n\r\n`;

/** A tunnel that stands: the client's end, and the origin's. */
async function standing(request: string, protocol: string) {
  await origin.reset();
  const client = await RawClient.to(proxy.port);
  client.send(request);
  const sent = request.slice(request.indexOf("\r\n\r\n"));
  await origin.until(() => origin.text.endsWith(sent), "request");
  const [far] = origin.connections;
  assert.ok(far !== undefined);
  const up = requestText(far.text);
  far.send(switching(protocol));
  const response = await client.response();
  assert.equal(response.status, 101);
  far.text = "";
  return { client, far, up, response };
}

async function talk(client: RawClient, far: OriginConnection): Promise<void> {
  client.send("\0up\xff");
  await origin.until(() => far.text === "\0up\xff", "bytes up");
  far.send("\x82down\0");
  await client.until(() => client.text === "\x82down\0", "bytes down");
}

for (const protocol of ["tcp", "SPDY/3.1", "spdy/3.1"]) {
  test(`${protocol} is switched to`, async () => {
    const { client, far, up, response } = await standing(upgrade(protocol), protocol);
    await using _ = client;
    assert.deepEqual(values(up, "upgrade"), [protocol.toLowerCase()]);
    assert.deepEqual(values(response, "upgrade"), [protocol.toLowerCase()]);
    await talk(client, far);
  });
}

test("of several protocols those that are allowed are asked for", async () => {
  const { client, far, up } = await standing(upgrade("h2c, tcp, foo/2, spdy/3.1"), "tcp");
  await using _ = client;
  assert.deepEqual(values(up, "upgrade"), ["tcp, spdy/3.1"]);
  await talk(client, far);
});

test("a body comes before the switch", async () => {
  const request = upgrade("tcp", "Content-Length: 12\r\n", '{"Tty":true}');
  const { client, far, up } = await standing(request, "tcp");
  await using _ = client;
  assert.equal(up.body, '{"Tty":true}');
  await talk(client, far);
});

test("what a client sends behind its body waits for the switch", async () => {
  await origin.reset();
  await using client = await RawClient.to(proxy.port);
  client.send(`${upgrade("tcp", "Content-Length: 2\r\n", "hi")}GET /early HTTP/1.1\r\n`);
  await origin.until(() => origin.text.endsWith("\r\n\r\nhi"), "request");
  origin.connections[0]?.send(switching("tcp"));
  await origin.until(() => origin.text.endsWith("hiGET /early HTTP/1.1\r\n"), "early bytes");
});

test("a switch before the whole body has come is a 502", async () => {
  await origin.reset();
  await using client = await RawClient.to(proxy.port);
  client.send(upgrade("tcp", "Content-Length: 5\r\n", "hel"));
  await origin.until(() => origin.text.endsWith("hel"), "half a body");
  origin.connections[0]?.send(switching("tcp"));
  assert.equal((await client.response()).status, 502);
  await client.closed();
});

test("a protocol that is not allowed is not asked for, nor switched to", async () => {
  await origin.reset(answering(({ lines }) => ok(lines.join("\n"))));
  for (const protocol of ["websocket", "h2c", "foo/2", "spdy/2", "tcpx"]) {
    await using client = await RawClient.to(proxy.port);
    const { status, body } = await client.send(upgrade(protocol)).response();
    assert.equal(status, 200);
    assert.doesNotMatch(body, /upgrade/i);
  }
  await origin.reset(answering(switching("websocket")));
  await using client = await RawClient.to(proxy.port);
  assert.equal((await client.send(upgrade("tcp")).response()).status, 502);
});

test("a switch that was asked for and did not come is a response like any other", async () => {
  await origin.reset(answering(ok("no")));
  await using client = await RawClient.to(proxy.port);
  assert.equal((await client.send(upgrade("tcp")).response()).body, "no");
  assert.equal((await client.send(upgrade("tcp")).response()).body, "no");
});

test("when the proxy ends, nothing of its own comes between the bytes", async () => {
  const { client, far } = await standing(upgrade("tcp"), "tcp");
  await using _ = client;
  await talk(client, far);
  client.text = "";
  await proxy.configure({ tenants: {}, timeouts: { drainMs: 1 } });
  proxy.signal("SIGTERM");
  await client.until(() => client.hasEnded || client.isClosed, "its end");
  assert.equal(client.text, "");
});
