// A balancer that is to say whose its connection is, and does not come to an end with that.

import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { LIMITS } from "../../src/base/limits.ts";
import { ProxiedFront } from "../../src/downstream/proxied/front.ts";

/** Both ends of a connection. */
async function connection(t: TestContext): Promise<{ near: Socket; far: Socket }> {
  const server = createServer({ pauseOnConnect: true }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const accepted = once(server, "connection");
  const far = connect((server.address() as AddressInfo).port, "127.0.0.1");
  far.on("error", () => {});
  const [near]: Socket[] = await accepted;
  assert.ok(near !== undefined);
  t.after(() => {
    for (const socket of [near, far]) socket.destroy();
    server.close();
  });
  return { near, far };
}

for (const said of ["", "PROXY TCP4 198.51.100.7", "\r\n\r\n\0\r\nQUIT\n\x21"]) {
  test(`one that sends ${JSON.stringify(said)} and no more is let go in time`, async (t) => {
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const { near, far } = await connection(t);
    const problems: string[] = [];
    const front = new ProxiedFront({
      arrived: () => assert.fail("its header is not whole"),
      refused: ({ message }) => void problems.push(message),
      left: () => {},
    });
    front.accept(near, 0);
    if (said !== "") {
      const came = once(near, "data");
      far.write(said, "latin1");
      await came;
    }
    t.mock.timers.tick(LIMITS.proxyHeaderMs - 1);
    assert.deepEqual([front.size, problems], [1, []]);
    t.mock.timers.tick(1);
    assert.deepEqual([front.size, problems], [0, ["Cannot accept: it took too long"]]);
    far.resume();
    await once(far, "close");
  });
}
