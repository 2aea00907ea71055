// The disk that the log goes to is full for a while: requests are served, and the log goes on.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { openSync, readFileSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { builtProgram } from "../support/built-program.ts";
import { fill, smallDisk } from "../support/small-disk.ts";

const disk = smallDisk();
const skip = disk === null ? "a disk of its own needs root, who may mount one" : false;
process.on("exit", () => disk?.[Symbol.dispose]());

const CONFIG = `
listeners: [{ address: "127.0.0.1:0" }]
admin: { address: "127.0.0.1:0" }
workers: 1
store: none
tenants: { demo: { hosts: ["*"], routes: [{ path: /, answer: { status: 200, body: here } }] } }
`;

test("with space again the log goes on, and says how many lines it lost", { skip }, async () => {
  const folder = disk?.folder ?? "";
  const [file, log, filler] = ["sluice.yaml", "log", "filler"].map((name) => join(folder, name));
  if (file === undefined || log === undefined || filler === undefined) throw new Error("no names");
  writeFileSync(file, CONFIG);
  const { main, env } = await builtProgram();
  const child = spawn(process.execPath, [main, "serve", "--config", file], {
    stdio: ["ignore", openSync(log, "a"), "inherit"],
    env: { ...process.env, ...env },
  });
  const exited = once(child, "exit");
  const until = async <T>(found: () => T | null | Promise<T | null>): Promise<T> => {
    for (;;) {
      const one = await found();
      if (one !== null) return one;
      if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`);
      await wait(20);
    }
  };
  const match = (pattern: RegExp) => until(() => pattern.exec(readFileSync(log, "utf8")));
  try {
    const [, port] = await match(/"listeners":\["127.0.0.1:(\d+)"\]/);
    const [, admin] = await match(/"admin":"127.0.0.1:(\d+)"/);
    const ask = async (path: string): Promise<void> => {
      const url = `http://127.0.0.1:${port}${path}`;
      const answer = await fetch(url, { headers: { connection: "close" } });
      assert.equal(await answer.text(), "here");
    };
    const dropped = async (): Promise<number> => {
      const metrics = await (await fetch(`http://127.0.0.1:${admin}/metrics`)).text();
      return Number(/^sluice_log_dropped_total (\d+)/m.exec(metrics)?.[1]);
    };
    fill(filler);
    let asked = 0;
    // the page in which the log ends may have room for some lines
    await until(async () => {
      await ask(`/meanwhile-${++asked}`);
      return (await dropped()) > 0 ? true : null;
    });
    unlinkSync(filler);
    await ask("/after");
    await match(/\/after/);
    const lines = readFileSync(log, "utf8").trimEnd().split("\n");
    const told = lines.map((line) => JSON.parse(line)).filter(({ reason }) => reason === "ENOSPC");
    assert.equal(told.length > 0, true);
    assert.equal(told[0].level, "error");
    const there = lines.filter((line) => line.includes("/meanwhile-")).length;
    const lost = told.reduce((sum, { lines }) => sum + lines, 0);
    assert.equal(lost, await dropped());
    assert.equal(lost + there, asked);
  } finally {
    child.kill("SIGTERM");
    await exited;
  }
});
