// Records of TLS that cannot be read, behind a handshake: whoever sends them, or changes them on
// their way, has ended the connection, and nothing waits for the rest of what was under way.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect } from "node:net";
import { after, test } from "node:test";
import { connect as connectTls } from "node:tls";
import { httpOrigin } from "../life/http-origin.ts";
import { oneTenant, TestProxy } from "../life/proxy.ts";
import { makeCertificate } from "../support/certificates.ts";

const { cert, key } = await makeCertificate("DNS:a.example");
const begun = Promise.withResolvers<void>();
const origin = await httpOrigin((request) => void request.on("data", () => begun.resolve()));
const proxy = await TestProxy.start({
  files: { "s.pem": cert, "s.key": key },
  config: {
    ...oneTenant({ origin: [origin.address] }),
    listeners: [
      { address: "127.0.0.1:0", tls: { certificates: [{ cert: "s.pem", key: "s.key" }] } },
    ],
  },
});
for (const one of [origin, proxy]) after(() => one[Symbol.asyncDispose]());

/** Of application data, by its head. */
const BROKEN = Buffer.concat([Buffer.from("1703030020", "hex"), randomBytes(32)]);

test("a record that cannot be read is the end of a request that is under way", async () => {
  const below = connect(proxy.port, "127.0.0.1");
  const options = { servername: "a.example", rejectUnauthorized: false };
  const socket = connectTls({ socket: below, ...options });
  socket.on("error", () => undefined);
  await once(socket, "secureConnect");
  const closed = once(below, "close");
  const head = "POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 100\r\n\r\n";
  socket.write(`${head}the beginning`);
  await begun.promise;
  below.write(BROKEN);
  await closed;
  const { error } = await proxy.waitFor(({ msg }) => msg === "request");
  assert.equal(error, "client_aborted");
});
