// What the README promises: its script, its commands, its links. The commands run as they stand,
// but for the ports, which are free ones.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { freePort } from "./support/free-port.ts";
import { run } from "./support/program.ts";

const root = fileURLToPath(new URL("../", import.meta.url));
const readme = readFileSync(join(root, "README.md"), "utf8");
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

/** The README's blocks of one language. */
const blocks = (language: string): string[] =>
  [...readme.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)]
    .filter((match) => match[1] === language)
    .map((match) => match[2] ?? "");

const commands = blocks("sh").flatMap((block) => block.trim().split("\n"));

test("has at most 100 lines", () => {
  assert.ok(readme.split("\n").length <= 101);
});

test("shows the script that npm start serves", () => {
  const script = readFileSync(join(root, "scripts/ctx.ts"), "utf8");
  assert.ok(script.endsWith(`\n${blocks("ts")[0]}`));
});

test("links to files that exist", () => {
  const links = [...readme.matchAll(/\]\((?!https?:)([^)#]+)/g)].map((match) => match[1] ?? "");
  assert.ok(links.length > 0);
  assert.deepEqual(
    links.filter((link) => !existsSync(join(root, link))),
    [],
  );
});

test("names scripts that package.json has", () => {
  const names = [...readme.matchAll(/npm (?:run\s+)?(start|test|[\w:]+)/g)]
    .map((match) => match[1] ?? "")
    .filter((name) => name !== "ci" && name !== "are");
  assert.deepEqual(
    names.filter((name) => !(name in manifest.scripts)),
    [],
  );
  assert.ok(commands.includes("npm ci && npm start") && commands.includes("npm ci && npm test"));
});

/** sluice.yaml with every port replaced by a free one, and what was replaced by what. */
async function onFreePorts(
  folder: string,
): Promise<{ file: string; moved: (text: string) => string }> {
  const text = readFileSync(join(root, "sluice.yaml"), "utf8");
  const ports = new Map<string, number>();
  for (const [, port = ""] of text.matchAll(/127\.0\.0\.1:(\d+)/g))
    ports.set(port, await freePort());
  const moved = (from: string): string =>
    from.replace(
      /(127\.0\.0\.1:)(\d+)/g,
      (_all, host, port) => `${host}${ports.get(port) ?? port}`,
    );
  const file = join(folder, "sluice.yaml");
  writeFileSync(file, moved(text).replace("script: ", `script: ${root}`));
  return { file, moved };
}

/** A worker that does not answer in time, on a busy machine, is left out of a page of metrics. */
function isWhole(metrics: string, log: string): boolean {
  const [, workers] = /\bready\b.*workers=(\d+)/.exec(log) ?? [];
  return metrics.includes(`\nsluice_workers ${workers}\n`);
}

test("npm start serves the demo, and the curl lines show what they say", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "sluice-readme-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const { file, moved } = await onFreePorts(folder);
  const child = spawn("npm", ["start", "--", "--config", file], {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const closed = once(child, "close");
  const stop = async (): Promise<void> => {
    child.kill("SIGTERM");
    await closed;
  };
  t.after(stop);
  let log = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    log += text;
  });
  const errors: string[] = [];
  for await (const line of createInterface(child.stderr)) {
    errors.push(line);
    if (line === "Ctrl-C ends it.") break;
  }
  child.stderr.resume();
  assert.equal(errors.at(-1), "Ctrl-C ends it.", [log, ...errors].join("\n"));

  const curls = commands.filter((command) => command.startsWith("curl "));
  const said: string[] = [];
  const type = async (command: string): Promise<string> => {
    const { stdout, stderr, status } = await run("sh", ["-c", moved(command)]);
    assert.equal(status, 0, stderr);
    return stdout;
  };
  for (const command of curls) {
    let text = await type(command);
    while (command.endsWith("/metrics") && !isWhole(text, log)) text = await type(command);
    said.push(text);
  }
  const shown = errors.join("\n");
  const token = /^ {2}export SLUICE_ADMIN_TOKEN=(\S+)$/m.exec(shown)?.[1] ?? "";
  assert.ok(shown.includes(`/dashboard/#token=${token}\n`), shown);
  const [typed = "none"] = /npx sluice tenant list.*$/m.exec(shown) ?? [];
  const command = typed.replace("npx sluice", "node_modules/.bin/node bin/sluice.js");
  const options = { cwd: root, env: { SLUICE_ADMIN_TOKEN: token } };
  const listed = await run("sh", ["-c", command], options);
  assert.match(listed.stdout, /^demo\b/m, listed.stderr);
  assert.ok(!log.includes(token));
  await stop();

  const [plain, beta, twice, metrics] = said;
  assert.match(plain ?? "", /^Hello from stable: GET \/ /);
  assert.match(beta ?? "", /^Hello from beta: GET \/ /);
  assert.match(twice ?? "", /^(Hello from stable: GET \/ \(connection \d+\)\n)\1$/);
  assert.match(metrics ?? "", /^sluice_requests_total\{tenant="demo",status="200"\} 4$/m);
  assert.match(log, /I'm an user #1/);
  assert.match(log, /I'm a beta user #1/);
  assert.match(log, /request complete — upstream connection reused: false/);
  assert.match(log, /I'm an user #4[\s\S]*request complete — upstream connection reused: true/);
});
