// docs/tutorial.md from its beginning to its end: files are written, commands are typed as they
// stand, but for ports, which are free ones, and each says what the page shows.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { setTimeout as wait } from "node:timers/promises";
import { freePort } from "../support/free-port.ts";
import { run } from "../support/program.ts";
import { pages, ROOT } from "./markdown.ts";

const folder = mkdtempSync(join(tmpdir(), "sluice-tutorial-"));
after(() => rmSync(folder, { recursive: true }));
mkdirSync(join(folder, "edge"));

const blocks = pages.find(({ path }) => path === "docs/tutorial.md")?.blocks ?? [];
const ports = new Map<string, number>();
for (const port of ["8080", "9090", "9001"]) ports.set(port, await freePort());

/** What a stranger types, with the program of this clone and free ports. */
const typed = (text: string): string =>
  text
    .replaceAll("npx sluice", `'${process.execPath}' '${join(ROOT, "bin", "sluice.js")}'`)
    .replace(/(127\.0\.0\.1:)(\d+)/g, (_all, host, port) => `${host}${ports.get(port) ?? port}`);

const env: Record<string, string> = {};
for (const { info, text } of blocks) {
  if (info !== "sh both") continue;
  for (const [, name = "", value = ""] of text.matchAll(/^export (\w+)=(\S+)$/gm))
    env[name] = value;
}

const type = async (command: string): Promise<string> => {
  const { stdout, stderr } = await run("sh", ["-c", typed(command)], { cwd: folder, env });
  return stderr + stdout;
};

/** Times, hashes, sizes and numbers of milliseconds differ from run to run. */
const settled = (text: string): string =>
  text
    .replaceAll(/\r/g, "")
    .replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/g, "<time>")
    .replaceAll(/\d+ bytes, sha256 \w+, started in \d+ ms/g, "<facts>")
    .replaceAll(/ +$/gm, "")
    .trimEnd();

/** The page's lines, of which `[about N]` is any number from half to twice of it. */
function matches(said: string, shown: string): boolean {
  const lines = settled(said).split("\n");
  const wanted = settled(shown).split("\n");
  return (
    lines.length === wanted.length &&
    wanted.every((line, at) => {
      const about = Number(/^\[about (\d+)\]$/.exec(line)?.[1]);
      if (Number.isNaN(about)) return line === lines[at];
      return Number(lines[at]) >= about / 3 && Number(lines[at]) <= about * 3;
    })
  );
}

test("the tutorial, typed from beginning to end", async (t) => {
  let said = "";
  let command = "";
  for (const { info, text, line } of blocks) {
    const file = /^\w+ file=(.+)$/.exec(info)?.[1];
    if (file !== undefined) writeFileSync(join(folder, file), typed(text));
    if (info === "sh one") {
      const proxy = spawn("sh", ["-c", `exec ${typed(text)}`], {
        cwd: folder,
        env: { ...process.env, ...env },
        stdio: ["ignore", "pipe", "pipe"],
      });
      const closed = once(proxy, "close");
      t.after(async () => {
        proxy.kill("SIGINT");
        await closed;
      });
      proxy.stdout.resume();
      let log = "";
      for await (const part of proxy.stderr.setEncoding("utf8")) {
        log += part;
        if (log.includes("Ctrl-C ends it.")) break;
      }
      assert.match(log, /Sluice is ready/);
      proxy.stderr.resume();
    }
    if (info === "sh two" || info === "sh until") {
      command = text;
      said = await type(command);
    }
    if (info !== "text shows") continue;
    const isAwaited = blocks.some((one) => one.info === "sh until" && one.text === command);
    for (let tries = 0; isAwaited && tries < 100 && !matches(said, text); tries++) {
      await wait(100);
      said = await type(command);
    }
    if (!matches(said, text))
      assert.equal(settled(said), settled(text), `docs/tutorial.md:${line}`);
  }
});
