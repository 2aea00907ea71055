// Traces at a collector that somebody else made: it understands what it is told, in either coding,
// and what was there before it came.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { Rotel } from "../support/rotel.ts";
import { httpOrigin } from "./http-origin.ts";
import { TestProxy } from "./proxy.ts";

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT = "00f067aa0ba902b7";

const rotel = await Rotel.install();
const skip = typeof rotel === "string" ? rotel : false;
if (typeof rotel !== "string") after(() => rotel[Symbol.asyncDispose]());

test("a collector has the spans of requests, also of one before it came", { skip }, async () => {
  assert.ok(typeof rotel !== "string");
  await using origin = await httpOrigin((_request, response) => response.end("page"));
  const proxyWith = (compression: string) =>
    TestProxy.start({
      files: {
        "main.ts": `import { definePhases } from "sluice";
export default definePhases({ requestFilter({ log }) { log.set("plan", "${compression}"); } });`,
      },
      config: {
        store: "memory",
        trustedProxies: ["127.0.0.1"],
        tenants: {
          demo: {
            hosts: ["localhost", "127.0.0.1"],
            upstreams: { pages: { peers: [origin.address] } },
            defaultUpstream: "pages",
            script: "main.ts",
          },
        },
      },
      env: {
        OTEL_EXPORTER_OTLP_ENDPOINT: rotel.endpoint,
        OTEL_EXPORTER_OTLP_COMPRESSION: compression,
        OTEL_BSP_SCHEDULE_DELAY: "50",
        OTEL_SERVICE_NAME: `edge-${compression}`,
      },
    });
  const traceparent = `00-${TRACE}-${PARENT}-01`;
  for (const compression of ["none", "gzip"]) {
    await using proxy = await proxyWith(compression);
    const answer = await fetch(`${proxy.url}/${compression}`, { headers: { traceparent } });
    assert.equal(await answer.text(), "page");
    if (compression === "none") {
      await proxy.waitFor(({ msg }) => msg === "spans are not exported");
      await rotel.start();
    }
    const server = await rotel.span(`url.path: Str(/${compression})`);
    assert.match(server, new RegExp(`Trace ID +: ${TRACE}\\n +Parent ID +: ${PARENT}\\n`));
    assert.match(server, /Name +: GET\n +Kind +: SPAN_KIND_SERVER\n/);
    assert.match(server, new RegExp(`sluice.field.plan: Str\\(${compression}\\)`));
    const own = /\n +ID +: ([0-9a-f]{16})\n/.exec(server)?.[1] ?? assert.fail(server);
    assert.match(await rotel.span(`Parent ID      : ${own}`), new RegExp(`Trace ID +: ${TRACE}`));
  }
  assert.deepEqual(rotel.problems, []);
});
