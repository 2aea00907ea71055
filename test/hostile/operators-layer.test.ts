// A hostile tenant under the operator's layer: the operator's hooks run, always, and see what is.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { type HttpOrigin, httpOrigin } from "../life/http-origin.ts";
import { type Got, get } from "../life/plain-get.ts";
import { TestProxy } from "../life/proxy.ts";

const TOKEN = "a-token-of-the-operator";

const OPERATOR = `
  import { definePhases, log } from "sluice";
  export default definePhases({
    newCtx: () => ({ target: "" }),
    requestFilter({ request }, ctx) { ctx.target = request.target; },
    responseFilter({ response }, ctx) {
      response.headers.set("x-operator", [ctx.target, response.status, response.source].join());
    },
    logging: ({ error, response }, ctx) =>
      log.info(["operator", ctx.target, response?.status, error?.code].join(" ")),
  });`;

const POISONED = `
  import { definePhases } from "sluice";
  const evil = () => "/poisoned";
  for (const of of [Object, Array, String, Map, Headers, Response, Promise]) {
    for (const name of Object.getOwnPropertyNames(of.prototype)) {
      try { if (name !== "constructor") of.prototype[name] = evil; } catch {}
    }
  }
  JSON.parse = JSON.stringify = evil;
  export default definePhases({ requestFilter() {}, responseFilter({ response }) {
    response.headers.delete("x-operator"); } });`;

const hook = (name: string, body: string): string =>
  `import { definePhases } from "sluice";
   export default definePhases({ ${name}(session) { ${body} } });`;

const SCRIPTS: Readonly<Record<string, string>> = {
  poisoned: POISONED,
  endless: hook("requestFilter", "for (;;);"),
  unlogged: hook("logging", "for (;;);"),
  thrower: hook("requestFilter", 'throw new Error("always")'),
  suspended: hook("requestFilter", ""),
};
/** They end the process that they run in. */
const KILLERS = { killer: hook("requestFilter", '"ab".repeat(2 ** 28).split("");') };

for (const isolation of ["inline", "process"]) {
  describe(`the operator's layer above hostile tenants, ${isolation}`, () => {
    const scripts = isolation === "inline" ? SCRIPTS : { ...SCRIPTS, ...KILLERS };
    let origin: HttpOrigin;
    let proxy: TestProxy;

    before(async () => {
      origin = await httpOrigin((_request, response) => response.end("origin"));
      const own = { isolation, upstreams: { main: { peers: [origin.address] } } };
      const breaker = { minRequests: 5, openMs: 600_000 };
      proxy = await TestProxy.start({
        files: {
          "operator.ts": OPERATOR,
          ...Object.fromEntries(
            Object.entries(scripts).map(([name, text]) => [`${name}.ts`, text]),
          ),
        },
        env: { SLUICE_ADMIN_TOKEN: TOKEN },
        config: {
          operator: { script: "operator.ts", isolation },
          tenants: Object.fromEntries(
            Object.keys(scripts).map((name) => [
              name,
              { hosts: [`${name}.example`], script: `${name}.ts`, breaker, ...own },
            ]),
          ),
        },
      });
    });
    after(async () => {
      await proxy[Symbol.asyncDispose]();
      await origin[Symbol.asyncDispose]();
    });

    const ask = (tenant: string, target: string): Promise<Got> =>
      get(proxy, { host: `${tenant}.example`, target });

    /** The operator's hooks saw all of it. */
    const expect = async (tenant: string, target: string, code: string): Promise<Got> => {
      const got = await ask(tenant, target);
      const [path, status, source] = (got.headers.get("x-operator") ?? "").split(",");
      assert.deepEqual([path, Number(status)], [target, got.status]);
      assert.equal(source, code === "" ? "upstream" : "error");
      await proxy.waitFor(({ msg }) => msg === `operator ${target} ${status} ${code}`);
      return got;
    };

    test("builtins that a tenant has poisoned are not the operator's", async () => {
      const got = await ask("poisoned", "/poison");
      assert.match(got.headers.get("x-operator") ?? "", /^\/poison,/);
      await proxy.waitFor(({ msg = "" }) => msg.startsWith("operator /poison "));
    });

    test("a tenant's endless loop ends, and the operator's hooks see the answer", async () => {
      await expect("endless", "/loop", "script_timeout");
    });

    test("an endless loop in a tenant's logging does not keep the operator's from running", async () => {
      await expect("unlogged", "/logged", "");
    });

    test("while a tenant's breaker is open, the operator's hooks run", async () => {
      for (let i = 0; i < 40; i++) {
        if (/script_disabled/.test((await ask("thrower", `/${i}`)).text)) break;
      }
      await expect("thrower", "/open", "script_disabled");
    });

    test("a suspended tenant's requests pass the operator's hooks", async () => {
      const headers = { authorization: `Bearer ${TOKEN}` };
      const url = `${proxy.admin}/v1/tenants/suspended/suspend`;
      assert.equal((await fetch(url, { method: "POST", headers })).status, 200);
      const { status } = await expect("suspended", "/nobody", "suspended");
      assert.equal(status, 503);
    });

    if ("killer" in scripts) {
      test("a tenant that kills its cell takes nothing of the operator's along", async () => {
        for (let i = 0; i < 3; i++) {
          const { headers, status } = await ask("killer", `/kill${i}`);
          assert.equal(headers.get("x-operator")?.split(",")[0], `/kill${i}`);
          assert.ok(status >= 500);
        }
        assert.equal((await ask("suspended", "/still")).status, 503);
      });
    }
  });
}
