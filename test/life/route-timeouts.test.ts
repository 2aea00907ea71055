// The times that a route has of its own, with each of the transports. The origin never ends what it
// is asked for, so that only a time can.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { after, before, describe, it } from "node:test";
import { ask } from "./ask.ts";
import { type HttpOrigin, httpOrigin } from "./http-origin.ts";
import { TestProxy } from "./proxy.ts";

for (const transport of ["sluice", "undici"]) {
  describe(`a route's times, by ${transport}`, () => {
    let origin: HttpOrigin;
    let proxy: TestProxy;
    const silent = createServer((socket) => socket.on("error", () => undefined).resume());
    let deafAddress = "";

    before(async () => {
      origin = await httpOrigin((request, response) => {
        if (request.url === "/silent") return;
        response.write("first");
        if (request.url !== "/drips") return;
        const drip = setInterval(() => response.write("drop"), 20);
        void once(response, "close").then(() => clearInterval(drip));
      });
      // it accepts, and never says a word of TLS
      silent.listen(0, "127.0.0.1");
      await once(silent, "listening");
      const at = silent.address();
      deafAddress = `127.0.0.1:${at === null || typeof at === "string" ? 0 : at.port}`;
      const deaf = { peers: [deafAddress], transport, tls: { verify: false, sni: "deaf.test" } };
      const upstreams = { one: { peers: [origin.address], transport }, deaf };
      const routes = [
        { path: "/silent", timeouts: { firstByteMs: 200 } },
        { path: "/stops", timeouts: { betweenBytesMs: 200 } },
        { path: "/drips", timeouts: { requestMs: 2_000 } },
        { path: "/deaf", upstream: "deaf", timeouts: { connectMs: 200 } },
      ];
      proxy = await TestProxy.start({
        config: {
          tenants: { demo: { hosts: ["demo.test"], upstreams, routes, defaultUpstream: "one" } },
        },
      });
    });

    after(async () => {
      await proxy[Symbol.asyncDispose]();
      await origin[Symbol.asyncDispose]();
      silent.close();
    });

    it("a peer that says nothing in firstByteMs is given up with 504", async () => {
      const { status, body } = await ask(proxy, "demo", { path: "/silent" });
      assert.equal(status, 504);
      assert.match(body, /"upstream_timeout"/);
    });

    it("a peer that is not connected to in connectMs is given up with 504", async () => {
      const { status, body } = await ask(proxy, "demo", { path: "/deaf" });
      assert.equal(status, 504);
      assert.match(body, /"connect_timeout"/);
      const { upstream } = await proxy.waitFor(({ target }) => target === "/deaf");
      assert.equal(upstream, deafAddress);
    });

    it("a body that stops for betweenBytesMs is broken off", async () => {
      await assert.rejects(ask(proxy, "demo", { path: "/stops" }));
    });

    it("a body that goes on is broken off after requestMs", async () => {
      await assert.rejects(ask(proxy, "demo", { path: "/drips" }));
      const line = await proxy.waitFor(({ target }) => target === "/drips");
      assert.equal(line.error, "upstream_timeout");
    });
  });
}
