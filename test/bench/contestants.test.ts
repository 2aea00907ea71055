// Every contestant's files and command can be rendered. Nothing is installed or started here.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { parse } from "yaml";
import { CONTESTANTS, FETCHED_BODY, ORIGIN, ORIGIN_JSON } from "../../bench/contestants.ts";
import { HEADS } from "../../bench/heads.ts";
import { GOALS } from "../../bench/ratios.ts";
import { render, type Values } from "../../bench/template.ts";

const ROOT = join(import.meta.dirname, "..", "..");

const VALUES: Values = {
  port: 20_001,
  admin: 20_002,
  ...{ http2Port: 20_004, tlsPort: 20_005, certificate: "bench.pem", key: "bench.key" },
  origin: 20_003,
  folder: "/bench/folder",
  root: ROOT,
  node: process.execPath,
  workerd: "/bench/workerd",
  nginxModules: "/bench/modules",
  njsCounter: "  # none",
  ...{ script: "script.ts", isolation: "inline", pingora: "/bench/pingora", json: "{}" },
  ...{ token: "a.b.c", jwk: "{}", spki: "AAAA" },
};

for (const each of [...CONTESTANTS, ORIGIN]) {
  test(`the files and the command of ${each.name} render with nothing left open`, async () => {
    const texts = [...each.command];
    for (const file of each.files) {
      texts.push(await readFile(join(ROOT, "bench", "peers", file), "utf8"));
    }
    const rendered = texts.map((text) => render(text, VALUES));
    for (const text of rendered) assert.doesNotMatch(text, /\{\{\w+\}\}/);
    assert.match(rendered.join("\n"), /\b20001\b/, "it listens where the client looks");
    if (each !== ORIGIN) assert.match(rendered.join("\n"), /\b20003\b/, "it asks the origin");
  });
}

test("a template that names something unknown is refused", () => {
  assert.throws(() => render("listen {{prot}};", VALUES), /\{\{prot\}\} is unknown/);
});

test("the configurations of Sluice are YAML with one worker's tenant for every host", async () => {
  for (const name of ["sluice", "sluice-script", "sluice-guard"]) {
    const text = await readFile(join(ROOT, "bench", "peers", `${name}.yaml`), "utf8");
    const config = parse(render(text, VALUES));
    assert.deepEqual(config.tenants.bench.hosts, ["*"]);
    assert.deepEqual(config.tenants.bench.upstreams.origin.peers, ["127.0.0.1:20003"]);
    assert.equal("script" in config.tenants.bench, name !== "sluice");
  }
});

test("what is fetched is 1 KiB of JSON, and what is made of it says how much", () => {
  assert.ok(Math.abs(ORIGIN_JSON.length - 1_024) < 32, `${ORIGIN_JSON.length}`);
  assert.equal(JSON.parse(ORIGIN_JSON).items.length, JSON.parse(FETCHED_BODY).items);
});

test("every goal is about contestants that exist", () => {
  const names = CONTESTANTS.map((each) => each.name);
  for (const { of, to } of GOALS)
    assert.ok(names.includes(of) && names.includes(to), `${of} ${to}`);
});

test("the browser's head is about as long as a browser's", () => {
  const bytes = HEADS.browser.join("\r\n").length;
  assert.ok(bytes > 600 && bytes < 900, String(bytes));
});
