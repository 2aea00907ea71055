// Origins that authenticate a connection (NTLM, Negotiate): a client stays logged in on its own,
// and nobody else is served as that client (RFC 4559 section 6).

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { nearSide } from "./near-side.ts";
import { RawClient, values } from "./raw-client.ts";
import { type Behaviour, ok } from "./raw-origin.ts";

const PROXY = "127.0.0.2";

const SCRIPT = `
  import { definePhases } from "sluice";
  export default definePhases({
    upstreamRequestFilter({ upstreamRequest }) {
      if (upstreamRequest.target === "/service") upstreamRequest.headers.set("authorization", "NTLM 3-robot");
    },
  });`;

const { origin, proxy } = await nearSide({
  config: { trustedProxies: [PROXY] },
  tenant: { script: "main.ts" },
  others: { other: { hosts: ["b"] } },
  files: { "main.ts": SCRIPT },
});

const refusal = (challenge: string): string =>
  `HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: ${challenge}\r\nContent-Length: 0\r\n\r\n`;

/** As IIS: three legs, and from then on the connection is its user's. */
function authenticating(): Behaviour {
  const known = new WeakMap<object, { user: string; answered: number }>();
  return (connection) => {
    const state = known.get(connection) ?? { user: "", answered: 0 };
    known.set(connection, state);
    for (const head of connection.heads.slice(state.answered)) {
      state.answered++;
      const login = /^NTLM (\d)(?:-(.*))?$/.exec(values(head, "authorization")[0] ?? "");
      if (login?.[1] === "3") state.user = login[2] ?? "";
      if (login?.[1] === "1") connection.send(refusal("NTLM 2"));
      else connection.send(state.user === "" ? refusal("NTLM") : ok(`hello ${state.user}`));
    }
  };
}

const get = (target: string, ...lines: string[]): string => getOf("a", target, ...lines);

const getOf = (host: string, target: string, ...lines: string[]): string =>
  `GET ${target} HTTP/1.1\r\n${[`Host: ${host}`, ...lines].join("\r\n")}\r\n\r\n`;

/** The answer's body, or its challenge. */
async function ask(client: RawClient, request: string): Promise<string> {
  const response = await client.send(request).response();
  return response.status === 401
    ? (values(response, "www-authenticate")[0] ?? "")
    : `${response.status} ${response.body}`;
}

beforeEach(() => origin.reset(authenticating()));

test("a client logs in on one connection, stays logged in, and nobody else is", async () => {
  await using anna = await RawClient.to(proxy.port);
  await using bob = await RawClient.to(proxy.port);
  assert.equal(await ask(anna, get("/")), "NTLM");
  assert.equal(await ask(anna, get("/", "Authorization: NTLM 1")), "NTLM 2");
  assert.equal(await ask(bob, get("/")), "NTLM");
  assert.equal(await ask(anna, get("/", "Authorization: NTLM 3-anna")), "200 hello anna");
  for (let i = 0; i < 3; i++) {
    assert.equal(await ask(bob, get("/")), "NTLM");
    assert.equal(await ask(anna, get("/")), "200 hello anna");
  }
  assert.equal(origin.connections.length, 2);
});

test("a login with one tenant is none with another, though its origin is the same", async () => {
  await using anna = await RawClient.to(proxy.port);
  assert.equal(await ask(anna, get("/", "Authorization: NTLM 3-anna")), "200 hello anna");
  assert.equal(await ask(anna, getOf("b", "/")), "NTLM");
  assert.equal(await ask(anna, get("/")), "200 hello anna");
  assert.equal(await ask(anna, getOf("b", "/", "Authorization: NTLM 3-berta")), "200 hello berta");
  assert.equal(await ask(anna, get("/")), "200 hello anna");
  assert.equal(await ask(anna, getOf("b", "/")), "200 hello berta");
});

test("a client that goes takes its logged-in connection with it", async () => {
  {
    await using anna = await RawClient.to(proxy.port);
    await ask(anna, get("/", "Authorization: NTLM 3-anna"));
  }
  await origin.until(() => origin.connections[0]?.hasEnded === true, "its end");
  await using bob = await RawClient.to(proxy.port);
  assert.equal(await ask(bob, get("/")), "NTLM");
});

test("a proxy's connection may be of many clients: no login stays on it", async () => {
  await using terminator = await RawClient.to(proxy.port, PROXY);
  assert.equal(await ask(terminator, get("/", "Authorization: NTLM 3-anna")), "200 hello anna");
  assert.equal(await ask(terminator, get("/")), "NTLM");
});

test("so may the connection of a sender that passes requests on, trusted or not", async () => {
  await using relay = await RawClient.to(proxy.port);
  const by = "Via: 1.1 cdn";
  assert.equal(await ask(relay, get("/", by, "Authorization: NTLM 3-anna")), "200 hello anna");
  assert.equal(await ask(relay, get("/", by)), "NTLM");
});

test("a login that a script sends is for that request alone", async () => {
  await using anna = await RawClient.to(proxy.port);
  assert.equal(await ask(anna, get("/service")), "200 hello robot");
  assert.equal(await ask(anna, get("/")), "NTLM");
});
