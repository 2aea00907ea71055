// A host that another tenant takes over while clients are connected to it: what their connections
// and sessions were made with is the old tenant's, and opens nothing at the new one.

import assert from "node:assert/strict";
import { once } from "node:events";
import { after, test } from "node:test";
import type { ConnectionOptions, TLSSocket } from "node:tls";
import { KEY } from "../control/store-stand.ts";
import { Authority } from "../support/authority.ts";
import { makeCertificate } from "../support/certificates.ts";
import { call, WITH_TOKEN } from "./control.ts";
import { TestProxy } from "./proxy.ts";
import { get, secured } from "./tls-client.ts";

const ours = await Authority.make("ours");
const [till, server, own] = await Promise.all([
  ours.issue({ subject: "CN=till 7" }),
  makeCertificate("DNS:*.example"),
  makeCertificate("DNS:shop.example"),
]);
const proxy = await TestProxy.start({
  env: { ...WITH_TOKEN, SLUICE_SECRETS_KEY: KEY },
  files: { "s.pem": server.cert, "s.key": server.key },
  config: {
    workers: 1,
    store: "memory",
    listeners: [
      { address: "127.0.0.1:0", tls: { certificates: [{ cert: "s.pem", key: "s.key" }] } },
    ],
    tenants: { other: { hosts: ["other.example"], routes: [answers("other")] } },
  },
});
after(() => proxy[Symbol.asyncDispose]());

function answers(body: string) {
  return { path: "/", answer: { status: 200, body } };
}

/** The host is this tenant's from now on; whoever had it is gone. */
async function give(name: string, before: string | null, more: object = {}): Promise<void> {
  const tenant = { hosts: ["shop.example"], routes: [answers(name)], ...more };
  const gone = before === null ? {} : { [before]: null };
  const { status, body } = await call(proxy, ["POST", "/apply"], {
    tenants: { [name]: tenant, ...gone },
  });
  assert.equal(status, 200, JSON.stringify(body));
}

interface Client {
  readonly socket: TLSSocket;
  readonly names: string;
  /** What it may resume. */
  readonly session: Promise<Buffer>;
}

async function connected(options: ConnectionOptions = {}): Promise<Client> {
  const { socket, names } = await secured(proxy.port, { servername: "shop.example", ...options });
  const session = once(socket, "session").then(([one]): Buffer => one);
  session.catch(() => {});
  return { socket, names, session };
}

/** The answer to one request, on a connection that stays open. */
async function asked({ socket }: Client): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let text = "";
  const onData = (part: Buffer): void => {
    text += part.toString("latin1");
    const [head = "", body = ""] = text.split("\r\n\r\n");
    const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? "-1");
    if (length === body.length) resolve(`${head.slice(9, 12)} ${body}`);
  };
  const onClose = (): void => reject(new Error("closed unanswered"));
  socket.on("data", onData).once("error", reject).once("close", onClose);
  socket.write(get("shop.example"));
  try {
    return await promise;
  } finally {
    socket.off("data", onData).off("error", reject).off("close", onClose);
  }
}

test("a client's certificate is the old tenant's: neither connection nor session goes on", async () => {
  await give("first", null, { clientCertificates: { ca: ours.cert } });
  const client = await connected(till);
  assert.equal(await asked(client), "200 first");
  const session = await client.session;
  await give("second", "first");
  assert.match(await asked(client), /^421 /);
  const again = await connected({ ...till, session });
  assert.equal(again.socket.isSessionReused(), false);
  assert.equal(await asked(again), "200 second");
  for (const { socket } of [client, again]) socket.destroy();
});

test("who has shown none reaches no tenant that has come to require one", async () => {
  await give("open", "second");
  const client = await connected();
  assert.equal(await asked(client), "200 open");
  const session = await client.session;
  await give("strict", "open", { clientCertificates: { ca: ours.cert } });
  assert.match(await asked(client), /^421 /);
  const again = await connected({ session });
  assert.equal(again.socket.isSessionReused(), false);
  await assert.rejects(asked(again));
  client.socket.destroy();
  again.socket.destroy();
});

test("a tenant's certificate goes with it, and so do its sessions", async () => {
  await give("owner", "strict");
  const put = await call(proxy, ["PUT", "/tenants/owner/certificates/own"], own);
  assert.equal(put.status, 200, JSON.stringify(put.body));
  const client = await connected();
  assert.deepEqual([client.names, await asked(client)], ["DNS:shop.example", "200 owner"]);
  const session = await client.session;
  await give("heir", "owner");
  const again = await connected({ session });
  assert.deepEqual([again.names, again.socket.isSessionReused()], ["DNS:*.example", false]);
  assert.equal(await asked(again), "200 heir");
  for (const { socket } of [client, again]) socket.destroy();
});
