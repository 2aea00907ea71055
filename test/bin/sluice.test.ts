// The launcher, in a package of its own: the real bin/sluice.js, told that this Node is not the
// right one, a command line that says what reached it, and this Node again as the bundled one.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { after, describe, test } from "node:test";
import { run } from "../support/program.ts";

const launcher = readFileSync(new URL("../../bin/sluice.js", import.meta.url), "utf8");
const packageJson = readFileSync(new URL("../../package.json", import.meta.url), "utf8");

const folder = mkdtempSync(join(tmpdir(), "sluice-bin-"));
after(() => rmSync(folder, { recursive: true }));

/** Reads its input, says what it is, and ends as its first argument says. */
const COMMAND_LINE = `
import { text } from "node:stream/consumers";
const [what, ...rest] = process.argv.slice(2);
if (what === "wait") {
  process.on("SIGTERM", () => process.exit(42));
  setInterval(() => {}, 1000);
  console.log("waiting");
} else {
  console.log(JSON.stringify({ pid: process.pid, rest, input: await text(process.stdin) }));
  if (what === "die") process.kill(process.pid, "SIGKILL");
  process.exitCode = Number(what);
}
`;

function makePackage(name: string, { abi, hasNode }: { abi: string; hasNode: boolean }): string {
  const root = join(folder, name);
  const write = (path: string, content: string): void => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  };
  const changed = launcher.replace(/const ABI_NEEDED = "\d+"/, `const ABI_NEEDED = "${abi}"`);
  assert.match(changed, new RegExp(`ABI_NEEDED = "${abi}"`));
  write("bin/sluice.js", changed);
  write("package.json", packageJson);
  write("src/cli/main.ts", COMMAND_LINE);
  for (const node of hasNode ? Object.keys(JSON.parse(packageJson).optionalDependencies) : []) {
    write(`node_modules/${node}/package.json`, JSON.stringify({ name: node }));
    mkdirSync(join(root, "node_modules", node, "bin"));
    symlinkSync(process.execPath, join(root, "node_modules", node, "bin", "node"));
  }
  return join(root, "bin", "sluice.js");
}

const foreign = makePackage("foreign", { abi: "0", hasNode: true });
const bare = makePackage("bare", { abi: "0", hasNode: false });
const fitting = makePackage("fitting", { abi: process.versions.modules, hasNode: false });

/** Before Node 22 there is no execve, and the launcher has to stay as the parent. */
const AS_CHILD = { NODE_OPTIONS: "--import=data:text/javascript,delete%20process.execve" };
const IN_PLACE = { NODE_OPTIONS: undefined };

for (const [way, env] of [["in its place", IN_PLACE] as const, ["as a child", AS_CHILD] as const]) {
  describe(`the bundled Node, started ${way}`, () => {
    test("gets arguments and input, and its status is the launcher's", async () => {
      const args = [foreign, "7", "--flag", "a b"];
      const { status, stdout, stderr } = await run(process.execPath, args, { env, input: "hello" });
      const { rest, input } = JSON.parse(stdout);
      assert.deepEqual({ rest, input }, { rest: ["--flag", "a b"], input: "hello" });
      assert.deepEqual({ status, stderr }, { status: 7, stderr: "" });
    });

    test("passes on the signal that it died of", async () => {
      const { signal } = await run(process.execPath, [foreign, "die"], { env });
      assert.equal(signal, "SIGKILL");
    });

    test("is told of a signal, and may answer with its own status", async () => {
      const child = spawn(process.execPath, [foreign, "wait"], {
        env: { ...process.env, ...env },
        stdio: ["ignore", "pipe", "inherit"],
      });
      await once(createInterface(child.stdout), "line");
      child.kill("SIGTERM");
      const [status] = await once(child, "close");
      assert.equal(status, 42);
    });
  });
}

test("a Node with the right ABI runs the command line itself", async () => {
  const child = spawn(process.execPath, [fitting, "0"], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = await once(createInterface(child.stdout), "line");
  await once(child, "close");
  assert.equal(JSON.parse(line).pid, child.pid);
});

test("without a fitting Node there is one line that says so, and status 1", async () => {
  const { status, stderr } = await run(process.execPath, [bare, "0"]);
  assert.equal(status, 1);
  assert.match(stderr, /^sluice: Cannot start: expected Node 26, got Node [\d.]+ on .*\n$/);
});

test("the ABI it asks for is the one of the bundled Node", () => {
  assert.equal(/const ABI_NEEDED = "(\d+)"/.exec(launcher)?.[1], process.versions.modules);
});

test("the platforms it knows are those that the package brings a Node for", () => {
  const { optionalDependencies } = JSON.parse(packageJson);
  const known = [...launcher.matchAll(/"[a-z0-9]+-[a-z0-9]+": "([^"]+)"/g)].map(
    (match) => match[1],
  );
  assert.deepEqual(known.sort(), Object.keys(optionalDependencies).sort());
});
