// An authority that is not what it should be: it answers orders with whatever it likes. None of it
// gets further than a sentence in the log.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { after, test } from "node:test";
import type { AcmeConfig } from "../../src/base/config/acme-types.ts";
import { orderCertificate, type Proof } from "../../src/control/certificates/acme/authority.ts";
import { sentenceOf } from "../../src/control/certificates/acme/sentence.ts";
import { memoryStore } from "../control/store-stand.ts";
import { Authority } from "../support/authority.ts";

interface Given {
  readonly status?: number;
  readonly body: unknown;
}

/** By path: what it says in place of what it should. */
let lies: Readonly<Record<string, Given>> = {};

const vouching = await Authority.make();
const own = await vouching.issue({ names: ["localhost"] });
const server = createServer(own, (request, response) => {
  const { port } = server.address() as AddressInfo;
  const at = (path: string): string => `https://localhost:${port}${path}`;
  const path = request.url ?? "";
  const truths: Readonly<Record<string, Given>> = {
    "/dir": {
      body: { newNonce: at("/nonce"), newAccount: at("/account"), newOrder: at("/order") },
    },
    "/nonce": { body: {} },
    "/account": { status: 201, body: { status: "valid" } },
    "/order": {
      status: 201,
      body: { status: "pending", authorizations: [at("/names/1")], finalize: at("/finish") },
    },
    "/names/1": { body: named("a".repeat(43)) },
    "/challenge": { body: {} },
  };
  const { status = 200, body = {} } = lies[path] ?? truths[path] ?? { status: 404, body: {} };
  const headers = { "replay-nonce": "n", location: at(path), "content-type": "application/json" };
  response.writeHead(status, headers).end(JSON.stringify(body));
});
const named = (token: string, status = "pending", error?: object) => {
  const { port } = server.address() as AddressInfo;
  const url = `https://localhost:${port}/challenge`;
  const identifier = { type: "dns", value: "a.example" };
  return { identifier, status, challenges: [{ type: "http-01", url, token, error }] };
};
server.listen(0, "127.0.0.1");
await once(server, "listening");
after(() => server.close());

/** What is said of it in the end, and what it would have found. */
async function ordered(given: typeof lies): Promise<readonly [string, readonly Proof[]]> {
  lies = given;
  const { store, close } = await memoryStore();
  const { port } = server.address() as AddressInfo;
  const acme: AcmeConfig = {
    ...{ directory: `https://localhost:${port}/dir`, contact: [], ca: vouching.cert },
    ...{ challenges: ["http-01"], dns: null, ordersPerHour: 100, externalAccount: null },
  };
  const shown: Proof[] = [];
  const show = async (proof: Proof): Promise<AsyncDisposable> => {
    shown.push(proof);
    return { [Symbol.asyncDispose]: async () => {} };
  };
  try {
    const parts = { acme, accounts: store.acme, host: "a.example", type: "http-01", show } as const;
    await orderCertificate({ ...parts, signal: AbortSignal.timeout(20_000) });
    return ["it was issued", shown];
  } catch (thrown) {
    return [sentenceOf(thrown), shown];
  } finally {
    await close();
  }
}

for (const token of ["../../etc/passwd", "a/b", "", "a".repeat(200), "x\r\nSet-Cookie: a=b", "."]) {
  test(`the token ${JSON.stringify(token.slice(0, 20))} is answered nowhere`, async () => {
    const [said, shown] = await ordered({ "/names/1": { body: named(token) } });
    assert.equal(said, "the authority's token is not a token");
    assert.deepEqual(shown, []);
  });
}

test("an order that is refused says why, in one line", async () => {
  const detail = `no certificates\r for ${"a".repeat(10_000)}`;
  const [said] = await ordered({ "/order": { status: 403, body: { detail } } });
  assert.match(said, /^cannot order: no certificates for a+…$/);
  assert.ok(said.length < 500);
});

test("an answer that was not found says what the authority saw", async () => {
  const body = named("a".repeat(43), "invalid", { detail: "connection refused" });
  const token = { "/names/1": { body: named("b".repeat(43)) } };
  const [, shown] = await ordered({ ...token, "/challenge": { status: 400, body: {} } });
  assert.equal(shown.length, 1);
  const [said] = await ordered({ "/names/1": { body } });
  assert.match(said, /^the authority did not find the answer to http-01: connection refused$/);
});

test("an answer of megabytes is not read to its end", async () => {
  const [said] = await ordered({ "/dir": { body: "x".repeat(2_000_000) } });
  assert.match(said, /^cannot reach the authority: maxContentLength size of \d+ exceeded$/);
});

test("an order without anything to prove is not waited for for ever", async () => {
  const [said] = await ordered({ "/order": { status: 201, body: { status: "invalid" } } });
  assert.equal(said, "the authority refuses the order: it does not say why");
});

test("a directory that somebody else vouches for is not spoken to", async () => {
  const { port } = server.address() as AddressInfo;
  const { store, close } = await memoryStore();
  const acme: AcmeConfig = {
    ...{ directory: `https://localhost:${port}/dir`, contact: [], ca: null },
    ...{ challenges: ["http-01"], dns: null, ordersPerHour: 100, externalAccount: null },
  };
  const show = (): Promise<AsyncDisposable> => assert.fail("it was believed");
  const parts = { acme, accounts: store.acme, host: "a.example", type: "http-01", show } as const;
  const order = orderCertificate({ ...parts, signal: AbortSignal.timeout(20_000) });
  await assert.rejects(order, /cannot reach the authority: unable to verify|self-signed/);
  await close();
});
