// Connections that carry a login: NTLM and its kin authenticate the connection (RFC 4559 section
// 6), so whoever is next on it is served as the one who logged in.

import assert from "node:assert/strict";
import { UPSTREAM_LIMITS } from "../../../src/upstream/limits.ts";
import { Logins } from "../../../src/upstream/logins.ts";
import { answering, type Behaviour, OK, type Stand } from "../stand.ts";

const asking = (...schemes: string[]): string =>
  `HTTP/1.1 401 No\r\n${schemes.map((scheme) => `WWW-Authenticate: ${scheme}\r\n`).join("")}` +
  "Content-Length: 2\r\n\r\nno";

const PRIVATE: readonly (readonly [what: string, answer: string, authorization: string])[] = [
  ["a response that asks for NTLM", asking("NTLM"), ""],
  ["a response that asks for Negotiate, in any case", asking("nEgOtIaTe oRMwAA=="), ""],
  ["a response that asks for NTLM among others", asking('Basic realm="a, b", NTLM'), ""],
  ["a response that asks for Negotiate in a second line", asking("Bearer", "Negotiate"), ""],
  ["a request that logs in by Negotiate, whatever the answer", OK, "Negotiate YIIB"],
  ["a request that logs in by NTLM, in any case", OK, "ntlm TlRMTVNTUAAB"],
];

const SHARED: readonly (readonly [what: string, answer: string, authorization: string])[] = [
  ["a response that asks for Basic", asking('Basic realm="NTLM"'), ""],
  ["a request with a bearer's token", OK, "Bearer NTLM"],
];

const request = (authorization: string) => {
  const headers = `Host: a\r\n${authorization === "" ? "" : `Authorization: ${authorization}\r\n`}`;
  return { headers, clientHeaders: headers, mayLogIn: true };
};

export const LOGINS: readonly Behaviour[] = [
  ...PRIVATE.map(([what, answer, authorization]) => ({
    title: `after ${what} a connection serves its client alone`,
    run: async (stand: Stand) => {
      await using origin = await stand.listen(answering(answer, OK, OK));
      const peer = stand.peer(origin);
      const [first, second] = [new Logins(), new Logins()];
      const before = await stand.exchange(peer, request(authorization), first);
      const other = await stand.exchange(peer, {}, second);
      assert.equal(other.connection.served, 0);
      const again = await stand.exchange(peer, {}, first);
      assert.equal(again.connection.facts, before.connection.facts);
      assert.equal(again.connection.served, 1);
      first.close();
      await (await origin.connection(0)).closed;
      assert.equal(stand.transport.counts.open, 1);
    },
  })),
  ...SHARED.map(([what, answer, authorization]) => ({
    title: `after ${what} a connection serves anybody`,
    run: async (stand: Stand) => {
      await using origin = await stand.listen(answering(answer, OK));
      const peer = stand.peer(origin);
      await stand.exchange(peer, request(authorization), new Logins());
      assert.equal((await stand.exchange(peer, {}, new Logins())).connection.served, 1);
    },
  })),
  {
    title: "a login of nobody knows whom ends its connection",
    async run(stand) {
      await using origin = await stand.listen(answering(OK));
      await stand.exchange(stand.peer(origin), request("NTLM TlRMTVNTUAAD"));
      await (await origin.connection(0)).closed;
      assert.equal(stand.transport.counts.open, 0);
    },
  },
  {
    title: "a login that the client has not sent ends its connection",
    async run(stand) {
      await using origin = await stand.listen(answering(OK));
      const sent = { ...request("NTLM robot"), clientHeaders: "Authorization: NTLM anna\r\n" };
      await stand.exchange(stand.peer(origin), sent, new Logins());
      await (await origin.connection(0)).closed;
      assert.equal(stand.transport.counts.open, 0);
    },
  },
  {
    title: "a client's connection to one peer is not lent for another",
    async run(stand) {
      await using origin = await stand.listen(answering(OK, OK));
      await using other = await stand.listen(answering(OK, OK));
      const logins = new Logins();
      await stand.exchange(stand.peer(origin), request("NTLM a"), logins);
      const { connection } = await stand.exchange(stand.peer(other), {}, logins);
      assert.equal(connection.served, 0);
      logins.close();
    },
  },
  {
    title: "a client's connection that the peer has closed is not lent again",
    async run(stand) {
      await using origin = await stand.listen(answering(OK));
      const peer = stand.peer(origin);
      const logins = new Logins();
      await stand.exchange(peer, request("NTLM a"), logins);
      const closing = await origin.connection(0);
      closing.fin();
      await closing.closed;
      const { connection, recorder } = await stand.exchange(peer, {}, logins);
      assert.deepEqual([connection.served, recorder.error], [0, null]);
      logins.close();
    },
  },
  {
    title: "a client has a few such connections, and the oldest goes for one more",
    async run(stand) {
      await using origins = new AsyncDisposableStack();
      const logins = new Logins();
      const opened = [];
      for (let i = 0; i <= UPSTREAM_LIMITS.loginsPerClientMax; i++) {
        const origin = origins.use(await stand.listen(answering(OK)));
        await stand.exchange(stand.peer(origin), request("NTLM a"), logins);
        opened.push(origin);
      }
      await (await opened[0]?.connection(0))?.closed;
      assert.equal(stand.transport.counts.open, UPSTREAM_LIMITS.loginsPerClientMax);
      logins.close();
    },
  },
];
