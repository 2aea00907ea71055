// A worker dies with streams of HTTP/2 open: each client learns what had begun, none takes a broken
// answer for a whole one, and what had not begun is served on the next connection.

import assert from "node:assert/strict";
import { test } from "node:test";
import { makeCertificate } from "../support/certificates.ts";
import { httpOrigin } from "./http-origin.ts";
import { answerOf, Http2Client } from "./http2-client.ts";
import { oneTenant, TestProxy } from "./proxy.ts";

const { cert, key } = await makeCertificate("DNS:a.example");
const INTERNAL_ERROR = 2;
/** So many that one of two workers has none of them is out of the question. */
const CLIENTS = 24;
const TLS = { tls: { certificates: [{ cert: "own.pem", key: "own.key" }] } };

for (const [scheme, listener] of Object.entries({ http: { http2: true }, https: TLS })) {
  test(`${scheme}: a worker that dies says what had begun, and ends nothing cleanly`, async () => {
    let release: () => void = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    await using origin = await httpOrigin((request, response) => {
      if (request.url === "/short") return response.end("answered");
      response.write("begun, ");
      return void held.then(() => response.end("and whole"));
    });
    await using proxy = await TestProxy.start({
      nodeArgs: ["--import", new URL("./throw-in-one.mjs", import.meta.url).href],
      files: { "own.pem": cert, "own.key": key },
      config: {
        ...oneTenant({ origin: [origin.address] }),
        ...{ workers: 2, listeners: [{ address: "127.0.0.1:0", ...listener }] },
      },
    });
    const url = `${scheme}://127.0.0.1:${proxy.port}`;
    await using clients = new AsyncDisposableStack();
    const begun = await Promise.all(
      Array.from({ length: CLIENTS }, async () => {
        const client = clients.use(await Http2Client.to(url));
        const stream = client.open({ ":path": "/held" });
        stream.end();
        const answer = answerOf(stream);
        await new Promise((resolve) => stream.once("data", resolve));
        return { client, answer };
      }),
    );
    proxy.signal("SIGWINCH");
    await proxy.waitFor(({ msg }) => msg === "a worker ended by itself");
    const alive = await Promise.all(begun.map(({ client }) => isAlive(client)));
    const count = alive.filter(Boolean).length;
    assert.ok(count > 0 && count < CLIENTS, `${count} of ${CLIENTS} are at the one that lives`);
    release();
    for (const [i, { client, answer }] of begun.entries()) {
      const { body, code } = await answer;
      if (alive[i]) {
        assert.deepEqual([body, code], ["begun, and whole", 0]);
        continue;
      }
      assert.equal(body, "begun, ");
      assert.notEqual(code, 0);
      // a thread that ends may take the last records of TLS along: then the connection breaks, and
      // node's code for that depends on how it hears of it
      if (scheme === "https" && client.goaways.length === 0) continue;
      assert.deepEqual(client.goaways, [1], "it does not say what had begun");
      if (scheme === "http") assert.equal(code, INTERNAL_ERROR);
    }
    const next = clients.use(await Http2Client.to(url));
    assert.equal((await next.get("/short")).body, "answered");
  });
}

/** Whether its worker still answers; once the connection has ended, none will. */
async function isAlive({ session }: Http2Client): Promise<boolean> {
  if (session.destroyed || session.closed) return false;
  return await new Promise((resolve) => {
    session.once("close", () => resolve(false));
    session.ping((error) => resolve(error === null));
  });
}
