// The operator's script around the tenants': what docs/phases.md says of layers, in both lanes.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type HttpOrigin, httpOrigin } from "./http-origin.ts";
import { get } from "./plain-get.ts";
import { TestProxy } from "./proxy.ts";

const OPERATOR = `
  import { counter, definePhases, log } from "sluice";
  const requests = counter("requests");
  export default definePhases({
    newCtx: () => ({ owner: "operator", path: "", choice: null }),
    earlyRequestFilter({ options, request }) {
      if (request.target === "/small") options.requestBodyBytesMax = 10;
    },
    requestFilter({ request }, ctx) {
      requests.incr();
      ctx.path = request.target;
      request.headers.set("x-in", "operator");
      if (request.target === "/closed") return new Response("closed", { status: 403 });
      if (request.target === "/broken") throw new Error("a secret of the operator's");
    },
    upstreamPeer({ choice, request }, ctx) {
      ctx.choice = choice;
      if (request.target === "/refused") return new Response("refused", { status: 403 });
      if (request.target === "/replaced") return "other";
    },
    responseFilter({ response }, ctx) {
      const { headers, source } = response;
      if (ctx.path === "/unseen") throw new Error("the response filter fails");
      headers.append("x-out", "operator");
      headers.set("x-seen", JSON.stringify([ctx.owner, ctx.path, source, ctx.choice]));
      headers.delete("x-powered-by");
    },
    responseBodyFilter: ({ chunk, endOfStream }) =>
      new TextDecoder().decode(chunk) + (endOfStream ? "|operator" : ""),
    failToProxy: ({ error }) => log.info("operator failToProxy " + error.code),
    logging({ error, response }, ctx) {
      log.info(["operator", ctx.path, response?.status, response?.source, error?.code].join(" "));
    },
  });`;

const TENANT = `
  import { definePhases, log } from "sluice";
  export default definePhases({
    newCtx: () => ({ owner: "tenant" }),
    earlyRequestFilter({ options }) { options.requestBodyBytesMax = 1000; },
    requestFilter({ request }, ctx) {
      if (request.target === "/own") return new Response("own", { status: 201 });
      if (request.target === "/throws") throw new Error("the tenant's");
      request.headers.append("x-in", ctx.owner);
    },
    upstreamPeer: ({ request }) => (request.target === "/chosen" ? "other" : undefined),
    responseFilter({ response }) {
      response.headers.append("x-out", "tenant");
      response.headers.set("x-powered-by", "tenant");
    },
    responseBodyFilter: ({ chunk, endOfStream }) =>
      new TextDecoder().decode(chunk) + (endOfStream ? "|tenant" : ""),
    failToProxy({ error }) { log.info("tenant failToProxy " + error.message); },
    logging: ({ request }, ctx) => log.info(ctx.owner + " " + request.target),
  });`;

interface Seen {
  readonly status: number;
  readonly body: string;
  readonly headers: Headers;
  /** Owner of the ctx, its path, source of the response, choice: as the operator saw it. */
  readonly operator: unknown;
}

for (const isolation of ["inline", "process"]) {
  describe(`layers, ${isolation}`, () => {
    let proxy: TestProxy;
    const origins: HttpOrigin[] = [];

    before(async () => {
      for (const name of ["main", "other"]) {
        const origin = await httpOrigin((request, response) => {
          request.resume().on("end", () => response.end(`${name}:${request.headers["x-in"]}`));
        });
        origins.push(origin);
      }
      const [main, other] = origins.map(({ address }) => ({ peers: [address] }));
      const own = { upstreams: { main, other }, defaultUpstream: "main", isolation };
      proxy = await TestProxy.start({
        files: { "operator.ts": OPERATOR, "tenant.ts": TENANT },
        config: {
          operator: { script: "operator.ts", isolation },
          tenants: {
            demo: { hosts: ["demo.example"], script: "tenant.ts", ...own },
            bare: {
              hosts: ["bare.example"],
              ...own,
              routes: [
                { path: "/moved", redirect: { to: "https://{host}/", status: 301 } },
                { path: "/fixed", answer: { status: 200, body: "fixed" } },
                { path: "/denied", access: { deny: ["0.0.0.0/0"] } },
              ],
            },
          },
        },
      });
    });
    after(async () => {
      await proxy[Symbol.asyncDispose]();
      for (const origin of origins) await origin[Symbol.asyncDispose]();
    });

    const ask = async (host: string, target: string, body?: string): Promise<Seen> => {
      const { status, headers, text } = await get(proxy, { host, target, body });
      const seen = headers.get("x-seen");
      return { status, headers, body: text, operator: seen === null ? null : JSON.parse(seen) };
    };

    test("requests go from outside in, responses from inside out, each with its own ctx", async () => {
      const { body, headers, operator } = await ask("demo.example", "/a");
      assert.equal(body, "main:operator, tenant|tenant|operator");
      assert.equal(headers.get("x-out"), "tenant, operator");
      assert.equal(headers.get("x-powered-by"), null);
      assert.deepEqual(operator, ["operator", "/a", "upstream", "main"]);
    });

    test("the operator sees the tenant's choice of a peer, refuses it or replaces it", async () => {
      const chosen = await ask("demo.example", "/chosen");
      assert.deepEqual(
        [chosen.body, chosen.operator],
        ["other:operator, tenant|tenant|operator", ["operator", "/chosen", "upstream", "other"]],
      );
      assert.match((await ask("demo.example", "/replaced")).body, /^other:/);
      const refused = await ask("demo.example", "/refused");
      assert.deepEqual([refused.status, refused.body, refused.operator], [403, "refused", null]);
    });

    test("a Response of the operator's ends the request before the tenant's script", async () => {
      const { status, body, headers } = await ask("demo.example", "/closed");
      assert.deepEqual([status, body, headers.get("x-out")], [403, "closed", null]);
      await proxy.waitFor((line) => line.msg === "operator /closed 403 script ");
      assert.ok(!proxy.scriptLines().includes("tenant /closed"));
    });

    test("a Response of the tenant's passes the operator's hooks, and none of its own", async () => {
      const { status, body, headers, operator } = await ask("demo.example", "/own");
      assert.deepEqual([status, body, headers.get("x-out")], [201, "own|operator", "operator"]);
      assert.deepEqual(operator, ["operator", "/own", "script", null]);
    });

    for (const [host, target, status, source] of [
      ["bare.example", "/moved", 301, "redirect"],
      ["bare.example", "/fixed", 200, "answer"],
      ["bare.example", "/denied", 403, "error"],
      ["bare.example", "/any", 200, "upstream"],
      ["demo.example", "/throws", 500, "error"],
    ] as const) {
      test(`the operator's hooks see ${host}${target}: ${source}`, async () => {
        const seen = await ask(host, target);
        assert.equal(seen.status, status);
        const [owner, path, of] = seen.operator as string[];
        assert.deepEqual([owner, path, of], ["operator", target, source]);
        await proxy.waitFor(({ msg = "" }) => msg.startsWith(`operator ${target} ${status} `));
      });
    }

    test("the least of what the layers allow counts", async () => {
      const { status, operator } = await ask("demo.example", "/small", "x".repeat(100));
      assert.deepEqual([status, operator], [413, ["operator", "/small", "error", null]]);
      assert.equal((await ask("demo.example", "/large", "x".repeat(100))).status, 200);
    });

    test("what fails in the operator's script is not told to the tenant's", async () => {
      const { status, body } = await ask("demo.example", "/broken");
      assert.equal(status, 500);
      assert.doesNotMatch(body, /secret/);
      await proxy.waitFor(({ msg = "" }) => msg === "operator /broken 500 error script_error");
      const lines = proxy.scriptLines().filter((line) => line.includes("a secret"));
      assert.equal(lines.length, 1, "one line of the log, the operator's");
    });

    test("what fails on its way out is answered plainly, and no hook runs twice for it", async () => {
      const { status, body, headers } = await ask("demo.example", "/unseen");
      assert.deepEqual([status, headers.get("x-out")], [500, null]);
      assert.match(body, /"code":"script_error"/);
    });

    test("two requests at once never see each other's ctx, in any layer", async () => {
      const targets = Array.from({ length: 60 }, (_, i) => `/at-once-${i}`);
      const seen = await Promise.all(targets.map((target) => ask("demo.example", target)));
      for (const [i, { operator }] of seen.entries()) {
        assert.deepEqual(operator, ["operator", targets[i], "upstream", "main"]);
      }
    });

    test("what the operator's script counts and runs is its own in the metrics", async () => {
      const text = await proxy.metrics();
      assert.match(text, /sluice_script_value\{tenant="@operator",name="requests"/);
      assert.match(text, /sluice_tenant_script_seconds_total\{tenant="@operator"\} (?!0\n)/);
      assert.doesNotMatch(text, /sluice_requests_total\{tenant="@operator"/);
    });
  });
}
