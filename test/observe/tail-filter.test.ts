// What a reader of the tail asks for, and what fits it.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { AccessFields } from "../../src/observe/access.ts";
import type { ScriptMessage } from "../../src/observe/script-log.ts";
import { type TailFilter, tailsMessage, tailsRequest } from "../../src/observe/tail-filter.ts";

const REQUEST: AccessFields = {
  timeMs: 0,
  id: "id-1",
  tenant: "demo",
  deployment: 7,
  client: "192.0.2.1",
  method: "GET",
  host: "demo.example",
  target: "/cart?x=1",
  status: 200,
  error: null,
  reason: null,
  bytesReceived: 0,
  bytesSent: 2,
  durationMs: 12.5,
  upstream: null,
  reused: false,
  attempts: 1,
};

const MESSAGE: ScriptMessage = {
  level: "error",
  tenant: "demo",
  id: "id-1",
  hook: "requestFilter",
  message: "boom",
  deployment: "7",
  code: "script_error",
  at: "main.ts:7:11",
};

const filterOf = (query: string, tenant = "demo"): TailFilter => {
  const parameters = new URLSearchParams(query);
  const slow = parameters.get("slow");
  return {
    tenant,
    statuses: parameters.get("status")?.split(",") ?? [],
    hook: parameters.get("hook"),
    slowMs: slow === null ? null : Number(slow),
    search: parameters.get("search"),
    version: parameters.get("version"),
  };
};

const seesRequest = (query: string, rest: Partial<AccessFields> = {}): boolean =>
  tailsRequest(filterOf(query), { ...REQUEST, ...rest });

const seesMessage = (query: string, rest: Partial<ScriptMessage> = {}): boolean =>
  tailsMessage(filterOf(query), { ...MESSAGE, ...rest });

describe("the filter of a tail", () => {
  it("sees everything of its tenant, and nothing of another", () => {
    assert.ok(seesRequest("") && seesMessage(""));
    assert.ok(!tailsRequest(filterOf("", "other"), REQUEST));
    assert.ok(!tailsMessage(filterOf("", "other"), MESSAGE));
  });

  it("knows statuses, classes of them, and errors of any kind", () => {
    assert.ok(seesRequest("status=200") && seesRequest("status=404,2xx"));
    assert.ok(!seesRequest("status=201") && !seesRequest("status=4xx"));
    assert.ok(!seesRequest("status=error"));
    assert.ok(seesRequest("status=error", { status: 503 }));
    assert.ok(seesRequest("status=error", { status: 0, error: "client_aborted" }));
    assert.ok(seesMessage("status=error") && !seesMessage("status=200"));
    assert.ok(!seesMessage("status=error", { level: "info" }));
  });

  it("by hook shows the lines of that hook and no requests", () => {
    assert.ok(seesMessage("hook=requestFilter") && !seesMessage("hook=logging"));
    assert.ok(!seesRequest("hook=requestFilter"));
  });

  it("by time shows slow requests and no lines", () => {
    assert.ok(seesRequest("slow=12.5") && !seesRequest("slow=13"));
    assert.ok(!seesMessage("slow=0"));
  });

  it("finds text in what a person would look at", () => {
    for (const text of ["/cart", "demo.example", "id-1"]) assert.ok(seesRequest(`search=${text}`));
    assert.ok(seesRequest("search=at main.ts", { reason: "boom at main.ts:1:1" }));
    for (const text of ["oo", "script_error", "id-1"]) assert.ok(seesMessage(`search=${text}`));
    assert.ok(!seesRequest("search=nowhere") && !seesMessage("search=nowhere"));
  });

  it("shows one version where two serve", () => {
    assert.ok(seesRequest("version=7") && seesMessage("version=7"));
    assert.ok(!seesRequest("version=8") && !seesMessage("version=8"));
  });

  it("all of what is given must hold", () => {
    assert.ok(seesRequest("status=200&slow=10&search=cart"));
    assert.ok(!seesRequest("status=200&slow=10&search=nowhere"));
  });
});
