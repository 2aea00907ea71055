// The log of `sluice dev`, made of the proxy's lines.

import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { stripVTControlCharacters } from "node:util";
import { DevLog } from "../../../src/cli/dev/log.ts";
import { SourceExcerpts } from "../../../src/cli/dev/source-excerpt.ts";
import { accessLine } from "../../../src/observe/access.ts";

/** Without colours, which a terminal has. */
async function shown(...entries: readonly object[]): Promise<string> {
  const terminal = new PassThrough();
  const log = new DevLog(terminal, new SourceExcerpts(), { certificate: null, token: null });
  const time = "2026-01-02T03:04:05.006Z";
  for (const entry of entries) log.write(`${JSON.stringify({ level: "info", time, ...entry })}\n`);
  log.end(() => terminal.end());
  return stripVTControlCharacters(await text(terminal));
}

const CHANGED = { msg: "changed", action: "deployment.create", target: "version 2" };

test("a save is told as what it came to, and not as the versions that it makes", async () => {
  const told = await shown(
    { ...CHANGED, tenant: "shop", actor: "file" },
    { msg: "reloaded", durationMs: 40 },
  );
  assert.equal(told, "03:04:05.006  reloaded in 40 ms\n");
});

test("what others change is told", async () => {
  const told = await shown({ ...CHANGED, tenant: "shop", actor: "token:1f" });
  assert.match(told, / changed {2}action=deployment\.create .*tenant=shop {2}actor=token:1f\n$/);
});

test("a script's fields of a request stay in their frame", async () => {
  const fields = { plan: "gold  tenant=other" };
  const request = {
    ...{ timeMs: 0, id: "an-id", tenant: "shop", deployment: "v2", client: "192.0.2.1" },
    ...{ method: "GET", host: "shop.example", target: "/", status: 200, error: null },
    ...{ reason: null, bytesReceived: 0, bytesSent: 2, durationMs: 1, upstream: null },
    ...{ reused: false, attempts: 0, fields },
  };
  const told = await shown(JSON.parse(accessLine("json", request)));
  assert.ok(told.endsWith(`  shop  fields={"plan":"gold  tenant=other"}  an-id\n`), told);
});
