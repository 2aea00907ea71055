// Reloads and starts that are refused: all that is wrong at once, and no tenant taken out by a file
// that was cut off.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, test } from "node:test";
import { httpOrigin } from "./http-origin.ts";
import { type LogLine, TestProxy } from "./proxy.ts";

const origin = await httpOrigin((_request, response) => void response.end("plain"));
after(() => origin[Symbol.asyncDispose]());

const tenant = (host: string, rest: object = {}): object => ({
  hosts: [host],
  upstreams: { origin: { peers: [origin.address] } },
  defaultUpstream: "origin",
  ...rest,
});

/** How it ended. */
async function reload(proxy: TestProxy): Promise<LogLine> {
  const seen = proxy.lines.length;
  proxy.signal("SIGHUP");
  return await proxy.waitFor(
    (line) => proxy.lines.indexOf(line) >= seen && /^reload(ed| refused)$/.test(line.msg ?? ""),
  );
}

test("a file that was cut off takes no tenant out, by reload or handover", async () => {
  const config = {
    tenants: { a: tenant("*"), b: tenant("b.test") },
  };
  await using proxy = await TestProxy.start({ config });
  const whole = await readFile(proxy.file, "utf8");
  const cut = whole.slice(0, whole.indexOf("  b:")).trimEnd();
  for (const [text, said] of [
    ["", /sluice\.yaml:1:1: expected a configuration, got an empty file/],
    ["workers: 1\n", /:1:1: expected the key tenants .*; a, b would be gone: is the file whole\?/],
    [cut, /:\d+:\d+: expected a line break at the end; b would be gone: is the file whole\?/],
  ] as const) {
    await proxy.write("sluice.yaml", text);
    const { msg, problems } = await reload(proxy);
    assert.equal(msg, "reload refused", text);
    assert.match(String(problems), said);
    const refused = await fetch(`${proxy.admin}/v1/handover`, {
      method: "POST",
      headers: { "content-type": "application/json" },
    });
    assert.equal(refused.status, 503);
    assert.match(await refused.text(), said);
    assert.equal(
      await (await fetch(proxy.url, { headers: { connection: "close" } })).text(),
      "plain",
    );
  }
  for (const [text, removed] of [
    [`${cut}\n`, ["b"]],
    ["tenants: {}\n", ["a"]],
  ] as const) {
    await proxy.write("sluice.yaml", text);
    const done = await reload(proxy);
    assert.deepEqual([done.msg, done.removed], ["reloaded", removed]);
  }
});

for (const isolation of ["inline", "process"] as const) {
  test(`${isolation}: every script that does not start is named, by a reload and by a start`, async () => {
    const names = ["a", "b", "c"];
    const good = 'import { definePhases } from "sluice"; export default definePhases({});';
    const bad = (name: string) => `${good} throw new Error("${name} does not start");`;
    const filesOf = (source: (name: string) => string) =>
      Object.fromEntries(names.map((name) => [`${name}.ts`, source(name)]));
    const config = {
      tenants: Object.fromEntries(
        names.map((name) => [name, tenant(`${name}.test`, { script: `${name}.ts`, isolation })]),
      ),
    };
    await using proxy = await TestProxy.start({ files: filesOf(() => good), config });
    for (const name of ["a", "c"]) await proxy.write(`${name}.ts`, bad(name));
    const { msg, problems } = await reload(proxy);
    assert.equal(msg, "reload refused");
    const named = (text: string) => [...text.matchAll(/tenant (\w): Error: \1 does not start/g)];
    assert.deepEqual(
      named(String(problems)).map(([, name]) => name),
      ["a", "c"],
    );
    await assert.rejects(TestProxy.start({ files: filesOf(bad), config }), (error: Error) => {
      assert.deepEqual(
        named(error.message).map(([, name]) => name),
        names,
      );
      return true;
    });
  });
}
