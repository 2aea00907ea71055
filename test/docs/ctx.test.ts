// docs/ctx.md: each of its scripts runs under `sluice dev`, its curls are typed as they stand, and
// the log says what the page says. The table names all of Pingora's methods, and all our hooks.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { parse } from "yaml";
import { HOOKS } from "../../src/wire/phases.ts";
import { TestProxy } from "../life/proxy.ts";
import { answering, ok, RawOrigin } from "../life/raw-origin.ts";
import { builtProgram } from "../support/built-program.ts";
import { startDev } from "../support/dev-process.ts";
import { run } from "../support/program.ts";
import { type Block, pages, ROOT } from "./markdown.ts";

const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");
const launcher = join(ROOT, "bin", "sluice.js");
const SCRIPT = /^ts script=(.+)$/;
/** `12:30:01.226  info  logging  …`; the line of a request has its status in place of a level. */
const TOLD = /^[\d:.]+ {2}((?:debug|info|warn|error) {2}\w+ {2}.*)$/gm;

interface Step {
  readonly script: string;
  readonly curls: readonly string[];
  readonly prints: readonly string[];
}

const linesOf = (block: Block | undefined): string[] => block?.text.trimEnd().split("\n") ?? [];

const page = pages.find(({ path }) => path === "docs/ctx.md");
const blocks = page?.blocks ?? [];
const steps: readonly Step[] = blocks.flatMap(({ info }, at) => {
  const script = SCRIPT.exec(info)?.[1];
  if (script === undefined) return [];
  const [curls, prints] = blocks.slice(at + 1, at + 3);
  assert.deepEqual([curls?.info, prints?.info], ["sh curls", "text prints"], `after ${script}`);
  return [{ script, curls: linesOf(curls), prints: linesOf(prints) }];
});

test("the page has seven steps", () => {
  assert.equal(steps.length, 7);
});

for (const { script, curls, prints } of steps) {
  test(`scripts/${script} prints what the page shows`, async () => {
    const { main } = await builtProgram();
    const command = [process.execPath, main, "dev", `scripts/${script}`, "--port", "0"];
    await using dev = await startDev(command, ROOT);
    for (const curl of curls) {
      const typed = curl.replaceAll("http://127.0.0.1:8080/", dev.url);
      const { status, stderr } = await run("sh", ["-c", typed]);
      assert.equal(status, 0, stderr);
    }
    const told = (): string[] => [...dev.output.matchAll(TOLD)].map(([, line]) => line ?? "");
    await dev.says(new RegExp(`(?:^[\\d:.]+ {2}info {2}[\\s\\S]*?){${prints.length}}\\n`, "m"));
    assert.equal(await dev.stop(), 0);
    assert.deepEqual(told(), prints);
  });
}

const blockOf = (info: string): string => blocks.find((block) => block.info === info)?.text ?? "";

test("the operator's counter counts for all tenants, a tenant's for itself", async () => {
  assert.equal(blockOf("ts operator=ctx/5-operator.ts"), read("scripts/ctx/5-operator.ts"));
  await using origin = await RawOrigin.start(answering(ok()));
  const shown = blockOf("yaml operator").replaceAll("127.0.0.1:3000", origin.address);
  const config = parse(shown.replaceAll("scripts/ctx/", ""));
  const names = ["5-operator.ts", "5-across.ts"];
  const files = Object.fromEntries(names.map((name) => [name, read(`scripts/ctx/${name}`)]));
  await using proxy = await TestProxy.start({ config, files });
  for (const host of ["shop.example", "tea.example", "shop.example"]) {
    const { status } = await run("curl", ["-s", "-H", `Host: ${host}`, proxy.url]);
    assert.equal(status, 0);
  }
  const told = blockOf("text operator");
  let left = told.trimEnd().split("\n").length;
  await proxy.waitFor(({ source }) => source === "script" && --left === 0);
  assert.equal(await proxy.stop(), 0);
  assert.equal(`${proxy.scriptLines().join("\n")}\n`, told);
});

test("sluice check has something to say of the first one alone", async () => {
  const files = steps.map(({ script }) => `scripts/${script}`);
  const { stdout } = await run(process.execPath, [launcher, "check", ...files], { cwd: ROOT });
  const findings = stdout.split("\n").filter((line) => /^scripts\/\S+:\d+:\d+: /.test(line));
  assert.equal(findings.length, 1, stdout);
  assert.match(findings[0] ?? "", /^scripts\/ctx\/1-isolated\.ts:\d+:\d+: .*\buser\b/);
});

/** The visible methods of `ProxyHttp` in Pingora 0.9.0. */
const METHODS = `new_ctx init_downstream_modules init_upstream_modules on_connection_reuse
  persist_connection_context early_request_filter allow_spawning_subrequest request_filter
  request_cache_filter cache_key_callback cache_miss cache_hit_filter cache_vary_filter
  response_cache_filter cache_not_modified_filter range_header_filter should_serve_stale is_purge
  purge_response_filter proxy_upstream_filter upstream_peer fail_to_connect connected_to_upstream
  upstream_request_filter request_body_filter adjust_upstream_modules upstream_response_filter
  response_filter upstream_response_body_filter response_body_filter
  upstream_response_trailer_filter response_trailer_filter error_while_proxy fail_to_proxy
  suppress_error_log request_summary logging`.split(/\s+/);

/** Pingora has no hook for a request's trailers. */
const OWN = "requestTrailerFilter";

test("the table has each of Pingora's methods, and each of our hooks beside its own", () => {
  const text = readFileSync(join(ROOT, "docs/ctx.md"), "utf8");
  const rows = [...text.matchAll(/^\| (`[a-z_`, ]+) \| ([^|]+) \|/gm)].map(([, theirs, ours]) => ({
    theirs: [...(theirs ?? "").matchAll(/`(\w+)`/g)].map(([, name]) => name ?? ""),
    ours: /^`(\w+)`$/.exec(ours ?? "")?.[1] ?? null,
  }));
  const named = rows.flatMap(({ theirs }) => theirs).filter((name) => METHODS.includes(name));
  assert.deepEqual(named.toSorted(), METHODS.toSorted());
  const hooks = rows.flatMap(({ ours, theirs: [method = ""] }) =>
    ours === null ? [] : [{ ours, method }],
  );
  const camel = (name: string): string =>
    name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase());
  for (const { ours, method } of hooks) assert.equal(ours, camel(method));
  const told = hooks.map(({ ours }) => ours);
  assert.deepEqual([...told, OWN].toSorted(), [...HOOKS].toSorted());
  assert.ok(text.includes(`\`${OWN}\` is our own`));
});
