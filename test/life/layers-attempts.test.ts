// The attempts of a request under the operator's layer: who decides on a retry, what both layers
// see of it, and how trailers and a switch of protocols pass them. In both lanes, as docs/phases.md
// says.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { freePort } from "../support/free-port.ts";
import { TestProxy } from "./proxy.ts";
import { exchange, RawClient, values } from "./raw-client.ts";
import { ok, RawOrigin } from "./raw-origin.ts";

/** Each layer says what the request's header of its name has for the hook: `retry`, `fail`, … */
const script = (name: string, extra = ""): string => `
  import { definePhases, log } from "sluice";
  const say = ({ request, error }, hook) => {
    const said = request.headers.get("x-${name}");
    log.info(["${name}", hook, error.code, error.canRetry].join(" "));
    if (said === "throw") throw new Error("thrown by ${name}");
    if (said === "retry" || said === "fail") return said;
  };
  export default definePhases({
    failToConnect: (session) => say(session, "failToConnect"),
    errorWhileProxy: (session) => say(session, "errorWhileProxy"),
    responseFilter({ response }) {
      response.headers.append("x-out", "${name}");
      response.headers.delete("x-${name}-trailer");
    },
    ${extra}
  });`;

const OPERATOR = script(
  "operator",
  `newCtx: () => ({ choices: [] }),
  upstreamPeer({ choice }, ctx) { ctx.choices.push(choice); },
  logging: (_session, ctx) => log.info("choices " + ctx.choices.join()),`,
);

const TENANT = script(
  "tenant",
  `newCtx: () => ({ tries: 0 }),
  upstreamPeer: ({ request: { headers } }, ctx) =>
    ++ctx.tries === 1 ? headers.get("x-first") : "good",`,
);

/** What the tenant's hook says, what the operator's says, and what the client gets. */
const DECISIONS = [
  ["retry", "", 200],
  ["", "retry", 200],
  ["fail", "retry", 200],
  ["retry", "fail", 502],
  ["throw", "retry", 500],
  ["retry", "throw", 500],
] as const;

for (const isolation of ["inline", "process"]) {
  describe(`attempts under layers, ${isolation}`, () => {
    let proxy: TestProxy;
    let origin: RawOrigin;
    let breaking: RawOrigin;

    before(async () => {
      origin = await RawOrigin.start((connection) => {
        const { text } = connection;
        if (!text.endsWith("\r\n\r\n")) return;
        connection.text = "";
        if (/^GET \/tunnel/.test(text)) {
          connection.send("HTTP/1.1 101 S\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\nhello");
        } else if (/^GET \/trailers/.test(text)) {
          const trailers = "X-Operator-Trailer: a\r\nX-Tenant-Trailer: a\r\nX-Sum: a\r\n";
          const chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
          connection.send(`${chunked}2\r\nhi\r\n0\r\n${trailers}\r\n`);
        } else {
          connection.send(ok("good"));
        }
      });
      breaking = await RawOrigin.start(({ socket }) => socket.destroy());
      const dead = `127.0.0.1:${await freePort()}`;
      const groups = { breaks: { peers: [breaking.address] }, dead: { peers: [dead] } };
      const upstreams = { ...groups, good: { peers: [origin.address] } };
      proxy = await TestProxy.start({
        files: { "operator.ts": OPERATOR, "tenant.ts": TENANT },
        config: {
          operator: { script: "operator.ts", isolation },
          tenants: {
            demo: {
              ...{ hosts: ["*"], script: "tenant.ts", isolation, upstreams },
              ...{ defaultUpstream: "good", maxRetries: 1, upgrades: ["tcp"] },
            },
          },
        },
      });
    });
    after(async () => {
      await proxy[Symbol.asyncDispose]();
      await origin[Symbol.asyncDispose]();
      await breaking[Symbol.asyncDispose]();
    });

    const ask = (target: string, headers: Readonly<Record<string, string>>) =>
      exchange(
        proxy.port,
        `GET ${target} HTTP/1.1\r\nHost: a\r\nConnection: close, TE\r\nTE: trailers\r\n` +
          `${Object.entries(headers)
            .map(([name, value]) => `${name}: ${value}\r\n`)
            .join("")}\r\n`,
      );

    for (const [hook, first] of [
      ["failToConnect", "dead"],
      ["errorWhileProxy", "breaks"],
    ] as const) {
      for (const [tenant, operator, status] of DECISIONS) {
        const says = (who: string, what: string): string => `${who} ${what || "nothing"}`;
        const title = `${says("the tenant", tenant)}, ${says("the operator", operator)}: ${status}`;
        test(`${hook}: ${title}`, async () => {
          const target = `/${first === "dead" ? "dead" : "broken"}?${hook}-${tenant}-${operator}`;
          const names = { "x-first": first, "x-tenant": tenant, "x-operator": operator };
          const before = proxy.lines.length;
          assert.equal((await ask(target, names)).status, status);
          const { id } = await proxy.waitFor((line) => line.target === target);
          await proxy.waitFor((line) => line.id === id && /^choices/.test(line.msg ?? ""));
          const own = proxy.lines.slice(before).filter((line) => line.id === id);
          const told = own.map(({ msg = "" }) => msg);
          const asked = told.filter((msg) => msg.includes(` ${hook} `));
          // the one inside first; what it throws ends the request, and nobody else is asked
          const inside = asked.map((msg) => msg.split(" ")[0]);
          assert.deepEqual(inside, tenant === "throw" ? ["tenant"] : ["tenant", "operator"]);
          const choices = status === 200 ? `choices ${first},good` : `choices ${first}`;
          assert.ok(told.includes(choices), `${choices}, got ${told.join("; ")}`);
        });
      }
    }

    test("neither layer is asked for more tries than there are", async () => {
      const target = "/dead?twice";
      const names = { "x-first": "dead", "x-operator": "retry", "x-tenant": "retry" };
      assert.equal((await ask(target, names)).status, 200);
      const { attempts } = await proxy.waitFor((line) => line.target === target);
      assert.equal(attempts, 2);
    });

    test("a trailer goes that any layer has removed from the head", async () => {
      const { trailers } = await ask("/trailers", { "x-first": "good" });
      assert.deepEqual(trailers, ["X-Sum: a"]);
    });

    test("a 101 passes the response hooks of both, and then bytes pass", async () => {
      await using client = await RawClient.to(proxy.port);
      client.send(
        "GET /tunnel HTTP/1.1\r\nHost: a\r\nx-first: good\r\n" +
          "Connection: Upgrade\r\nUpgrade: tcp\r\n\r\n",
      );
      const response = await client.response();
      assert.equal(response.status, 101);
      assert.deepEqual(values(response, "x-out"), ["tenant", "operator"]);
      await client.until(() => client.text === "hello", "bytes of the tunnel");
    });
  });
}
