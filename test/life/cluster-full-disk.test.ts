// A proxy among several whose disk is full, or not to be written: when it needs an id, and when it
// copies what it has stored itself.

import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import { Folder } from "../control/store-stand.ts";
import { fill, smallDisk } from "../support/small-disk.ts";
import { newStore, server, skip as skipAll } from "./cluster-server.ts";
import { answered, flag, ok, options, plainOrigin, served, until } from "./cluster-stand.ts";
import { call, deploy, list } from "./control.ts";
import { type LogLine, TestProxy } from "./proxy.ts";

after(() => server?.[Symbol.asyncDispose]());

const disk = smallDisk();
process.on("exit", () => disk?.[Symbol.dispose]());
const noDisk = disk === null ? "a disk of its own needs root, who may mount one" : false;
const skip = skipAll === false ? noDisk : skipAll;

function optionsIn(store: string, origin: string, data: string) {
  const { config, env } = options(store, origin);
  return { config: { ...config, node: { data } }, ...(env === undefined ? {} : { env }) };
}

test("an id that cannot be written when a proxy starts is one line, and its end", {
  skip: skipAll,
}, async () => {
  await using folder = await Folder.make();
  mkdirSync(join(folder.path, "node-id~"));
  const start = optionsIn(await newStore(), "127.0.0.1:1", folder.path);
  await using proxy = await TestProxy.launch(start);
  assert.equal(await proxy.exited(), 1);
  const file = join(folder.path, "node-id");
  assert.match(
    proxy.stderr,
    new RegExp(`^sluice: Cannot write the id of this proxy, ${file}: EISDIR: [^\\n]+\\n$`),
  );
});

/** The reason of an error, in a line of the log. */
const saysWhy = (pattern: RegExp) => (line: LogLine) => pattern.test(JSON.stringify(line));

test("one whose id another has taken, and whose disk is full, serves on under none of theirs", {
  skip,
}, async () => {
  await using origin = await plainOrigin();
  await using folder = await Folder.make();
  const store = await newStore();
  const data = join(disk?.folder ?? "", "data");
  await using one = await TestProxy.start(optionsIn(store, origin.address, data));
  fill(join(disk?.folder ?? "", "filler"));
  copyFileSync(join(data, "node-id"), join(folder.path, "node-id"));
  await using two = await TestProxy.start(optionsIn(store, origin.address, folder.path));
  await one.waitFor(saysWhy(/Cannot write the id of this proxy, .*\/node-id: ENOSPC/));
  const answer = await fetch(one.url, { headers: { connection: "close" } });
  assert.equal(await answer.text(), "plain");
  assert.equal((await call(one, ["GET", "/ready"])).status, 200, "it has not lost the store");

  unlinkSync(join(disk?.folder ?? "", "filler"));
  const isTwin = ({ msg }: LogLine): boolean => /another proxy has this one's/.test(msg ?? "");
  await one.waitFor(isTwin);
  await until(async () =>
    /"self":true/.test(JSON.stringify((await call(one, ["GET", "/nodes"])).body)),
  );
  assert.deepEqual(two.lines.filter(isTwin), []);
});

const READS_FLAG = `
import { definePhases, flag } from "sluice";
export default definePhases({
  responseFilter(session) {
    session.response.headers.set("x-version", String(flag("color", "none")));
  },
});
`;

test("what one whose disk is full has stored is not said to be live there, until it is", {
  skip,
}, async () => {
  await using origin = await plainOrigin();
  await using folder = await Folder.make();
  const store = await newStore();
  const [data, filler] = ["copy", "filler"].map((name) => join(disk?.folder ?? "", name));
  await using one = await TestProxy.start(optionsIn(store, origin.address, data ?? ""));
  await using two = await TestProxy.start(optionsIn(store, origin.address, folder.path));
  assert.equal((await answered(() => deploy(one, READS_FLAG))).status, 201);
  ok(await answered(() => flag(one, "old")));
  for (const proxy of [one, two]) await until(async () => (await served(proxy)) === "old");
  const made = await answered(() => call(one, ["POST", "/tokens"], { role: "operator" }));
  const opens = async (proxy: TestProxy): Promise<boolean> =>
    (await call(proxy, ["GET", "/nodes"], undefined, String(made.body.token))).status === 200;
  for (const proxy of [one, two]) await until(() => opens(proxy));

  fill(filler ?? "");
  const stored = /The change is stored, and this proxy cannot copy it/;
  const put = await answered(() => flag(one, "new"));
  assert.deepEqual([put.status, stored.test(JSON.stringify(put.body))], [504, true]);
  await until(async () => (await served(two)) === "new");
  assert.equal(await served(one), "old");
  const revoked = await answered(() => call(one, ["DELETE", `/tokens/${String(made.body.id)}`]));
  assert.deepEqual([revoked.status, stored.test(JSON.stringify(revoked.body))], [504, true]);
  await until(async () => !(await opens(two)));
  await until(async () => {
    const nodes = list((await call(two, ["GET", "/nodes"])).body.nodes);
    return nodes.some(({ state }) => String(state) === "refused");
  });

  unlinkSync(filler ?? "");
  await until(async () => (await served(one)) === "new");
  await until(async () => !(await opens(one)));
});
