// The admin listener, over real connections.

import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { text } from "node:stream/consumers";
import { describe, it } from "node:test";
import { type Admin, type AdminOptions, startAdmin } from "../../src/control/admin.ts";
import { Guard } from "../../src/control/api/guard.ts";
import { type StatusParts, statusRoutes } from "../../src/control/api/status.ts";

interface Options extends Partial<StatusParts> {
  readonly onError?: (error: unknown) => void;
}

const unexpected = (error: unknown): never => assert.fail(String(error));

const optionsFor = ({ onError = unexpected, ...parts }: Options): AdminOptions => ({
  address: "127.0.0.1:0",
  routes: statusRoutes({
    isReady: () => null,
    metricsText: async () => "sluice_connections 0\n",
    ...parts,
  }),
  guard: new Guard({ token: null, tokenEnv: "SLUICE_ADMIN_TOKEN", store: null }),
  onError,
});

const withAdmin = async (
  options: Options,
  use: (url: string, admin: Admin) => Promise<void>,
): Promise<void> => {
  const admin = await startAdmin(optionsFor(options));
  try {
    await use(`http://${admin.address}`, admin);
  } finally {
    await admin.close();
  }
};

/** What comes back for raw bytes, until the server closes. */
const raw = async (admin: Admin, bytes: string): Promise<string> => {
  const [host = "", port] = admin.address.split(":");
  const socket = connect(Number(port), host);
  socket.write(bytes);
  return text(socket);
};

describe("the admin listener", () => {
  it("answers health while it runs", async () => {
    await withAdmin({ isReady: () => "starting" }, async (url) => {
      const response = await fetch(`${url}/v1/health`);
      assert.equal(response.status, 200);
      assert.deepEqual(await response.json(), { status: "ok" });
    });
  });

  it("is ready, or says why not", async () => {
    let reason: string | null = "starting";
    await withAdmin({ isReady: () => reason }, async (url) => {
      const refused = await fetch(`${url}/v1/ready`);
      assert.equal(refused.status, 503);
      assert.equal(refused.headers.get("content-type"), "application/problem+json");
      assert.deepEqual(await refused.json(), {
        type: "about:blank",
        status: 503,
        title: "Service Unavailable",
        detail: "The proxy is not ready: starting.",
      });
      reason = null;
      const ready = await fetch(`${url}/v1/ready`);
      assert.deepEqual([ready.status, await ready.json()], [200, { status: "ready" }]);
    });
  });

  it("gives the metrics as Prometheus wants them, asked anew each time", async () => {
    let scrapes = 0;
    const metricsText = async () => `sluice_connections ${++scrapes}\n`;
    await withAdmin({ metricsText }, async (url) => {
      await (await fetch(`${url}/metrics`)).text();
      const response = await fetch(`${url}/metrics?x=1`);
      assert.equal(await response.text(), "sluice_connections 2\n");
      const type = "text/plain; version=0.0.4; charset=utf-8";
      assert.equal(response.headers.get("content-type"), type);
      assert.equal(response.headers.get("cache-control"), "no-store");
    });
  });

  it("answers HEAD with the head alone", async () => {
    await withAdmin({}, async (_url, admin) => {
      const request = "HEAD /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
      const answer = await raw(admin, request);
      assert.match(answer, /^HTTP\/1\.1 200 OK\r\n/);
      assert.match(answer, /\r\ncontent-length: 21\r\n/i);
      assert.ok(answer.endsWith("\r\n\r\n"));
    });
  });

  it("answers any other path with a problem document that says where the paths are listed", async () => {
    await withAdmin({}, async (url) => {
      const response = await fetch(`${url}/v1/nothing`);
      assert.equal(response.status, 404);
      assert.deepEqual(await response.json(), {
        type: "about:blank",
        status: 404,
        title: "Not Found",
        detail: "Nothing is at this path. GET /v1/openapi.json lists what there is.",
      });
    });
  });

  it("answers other methods with a problem document that says which are allowed", async () => {
    await withAdmin({}, async (url) => {
      const response = await fetch(`${url}/metrics`, { method: "POST", body: "x" });
      assert.equal(response.status, 405);
      assert.equal(response.headers.get("allow"), "GET, HEAD");
      assert.deepEqual(await response.json(), {
        type: "about:blank",
        status: 405,
        title: "Method Not Allowed",
        detail: "This path answers GET and HEAD.",
      });
    });
  });

  it("answers 500 without the cause when the metrics fail, and tells its owner", async () => {
    const told: unknown[] = [];
    const failure = new Error("secret cause");
    const options: Options = {
      metricsText: () => Promise.reject(failure),
      onError: (error) => void told.push(error),
    };
    await withAdmin(options, async (url) => {
      const response = await fetch(`${url}/metrics`);
      assert.equal(response.status, 500);
      assert.doesNotMatch(await response.text(), /secret/);
      assert.deepEqual(told, [failure]);
    });
  });

  it("refuses a head that is too large", async () => {
    await withAdmin({}, async (_url, admin) => {
      const request = `GET /metrics HTTP/1.1\r\nHost: a\r\nX: ${"x".repeat(20_000)}\r\n\r\n`;
      assert.match(await raw(admin, request), /^HTTP\/1\.1 431 /);
    });
  });

  it("closes idle connections, and in the end one in the middle of a request", async () => {
    let closed: Promise<unknown> | undefined;
    await withAdmin({}, async (url, admin) => {
      await (await fetch(`${url}/v1/health`)).text();
      const [host = "", port] = admin.address.split(":");
      const socket = connect(Number(port), host).resume();
      await once(socket, "connect");
      closed = new Promise((resolve) => socket.once("close", resolve).on("error", () => {}));
      socket.write("GET /v1/health HTTP/1.1\r\nHo");
    });
    await closed;
  });

  it("says in one sentence why it cannot listen", async () => {
    const other = createServer();
    other.listen(0, "127.0.0.1");
    await once(other, "listening");
    const address = other.address();
    assert.ok(address !== null && typeof address === "object");
    const place = `127.0.0.1:${address.port}`;
    await assert.rejects(startAdmin({ ...optionsFor({}), address: place }), {
      message:
        `Cannot open the admin listener on 127.0.0.1:${address.port}: ` +
        "something else listens there",
    });
    other.close();
    await once(other, "close");
  });
});
