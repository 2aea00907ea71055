// The operating system's sandbox around cells, from within: a program in a cell's place tries what
// a script could try that has left its isolate.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { cellCommand, type Sandbox } from "../../../src/fleet/children/command.ts";
import { findSandbox, SandboxError } from "../../../src/fleet/children/sandbox.ts";
import { wholeSandbox } from "../../support/bubblewrap.ts";

const { sandbox, skip } = await wholeSandbox();
const INTRUDER = fileURLToPath(new URL("intruder.ts", import.meta.url));

type Outcomes = Readonly<Record<string, unknown>>;

/** What the intruder got, with a machine around it that has everything it looks for. */
async function intrude(around: Sandbox): Promise<Outcomes> {
  const folder = await mkdtemp(join(tmpdir(), "sluice-intruder-"));
  const secret = join(folder, "secret");
  await writeFile(secret, "the token");
  const tcp = createServer().listen(0, "127.0.0.1");
  const unix = createServer().listen(join(folder, "socket"));
  await Promise.all([once(tcp, "listening"), once(unix, "listening")]);
  const address = tcp.address();
  assert.ok(typeof address === "object" && address !== null);
  const { port } = address;
  const { code } = sandbox.programs;
  const targets = { secret, folder, code, port, socket: join(folder, "socket"), pid: process.pid };
  const stdio = ["ignore", "pipe", 2] as const;
  const args = [JSON.stringify(targets)];
  const command = cellCommand({ entry: INTRUDER, args, nodeArgs: [], stdio, heapMiB: 64 }, around);
  try {
    const child = spawn(command.file, command.args, command.options);
    command.close();
    assert.ok(child.stdout !== null);
    return JSON.parse(await text(child.stdout));
  } finally {
    tcp.close();
    unix.close();
    await rm(folder, { recursive: true });
  }
}

/** The program itself must be seen, which a cell's would be. */
const seeing = (around: Sandbox): Sandbox => ({
  ...around,
  files: [...around.files, { source: INTRUDER, target: INTRUDER }],
});

test("whoever leaves an isolate in a cell finds no way out of the process", { skip }, async () => {
  const outcomes = await intrude(seeing(sandbox));
  const attempts = Object.entries(outcomes).filter(([what]) => what.includes(" "));
  assert.ok(attempts.length >= 20);
  for (const [what, outcome] of attempts) {
    assert.ok(outcome !== null && typeof outcome === "object");
    assert.ok("refused" in outcome, `${what}: ${JSON.stringify(outcome)}`);
  }
});

test("a cell sees no environment, and no file but Node's and ours", { skip }, async () => {
  const outcomes = await intrude(seeing(sandbox));
  assert.deepEqual(outcomes.environment, [["PWD", "/"]]);
  assert.doesNotMatch(String(outcomes.initEnvironment), /PATH|HOME|TOKEN/i);
  assert.ok(Array.isArray(outcomes.root));
  // where this checkout and Node are may be anywhere, also below these
  const own = new Set(seeing(sandbox).files.map(({ target }) => target.split("/")[1]));
  for (const hidden of ["etc", "home", "root", "tmp", "var", "sys", "run"])
    assert.ok(own.has(hidden) || !outcomes.root.includes(hidden), hidden);
  assert.equal(outcomes.hostname, "cell");
  // bubblewrap's own first process, and Node
  assert.equal(outcomes.processes, 2);
});

test("a cell has no capability, a filter of system calls, no core and few files", {
  skip,
}, async () => {
  const outcomes = await intrude(seeing(sandbox));
  const status = String(outcomes.status);
  assert.match(status, /^CapEff:\s+0+$/m);
  assert.match(status, /^NoNewPrivs:\s+1$/m);
  assert.match(status, /^Seccomp:\s+2$/m);
  assert.match(String(outcomes.limits), /^Max core file size +0 +0 /m);
  assert.match(String(outcomes.limits), /^Max open files +1024 +1024 /m);
  assert.equal(outcomes.score, "900");
});

test("without the sandbox the intruder gets what it wants, so these tests can fail", async () => {
  const none: Sandbox = { ...sandbox, bubblewrap: null, user: null, files: [], missing: [] };
  const outcomes = await intrude(none);
  for (const what of ["read a secret", "start Node", "connect over TCP", "connect to a socket"])
    assert.ok(JSON.stringify(outcomes[what]).startsWith('{"got"'), what);
  // even then
  assert.deepEqual(outcomes.environment, [["PWD", "/"]]);
});

test("what is missing is said, and is refused where the sandbox is required", async () => {
  const found = await findSandbox("auto", "/nowhere");
  assert.equal(found.bubblewrap, null);
  assert.equal(found.missing.length, 1);
  await assert.rejects(findSandbox("required", "/nowhere"), (error: Error) => {
    assert.ok(error instanceof SandboxError);
    assert.match(error.message, /^Cannot run cells: expected the whole sandbox, got less: /);
    return true;
  });
});

test("a program that is no bubblewrap is not taken for one", { skip }, async () => {
  const folder = await mkdtemp(join(tmpdir(), "sluice-bwrap-"));
  try {
    await writeFile(join(folder, "bwrap"), "#!/bin/sh\nexit 1\n", { mode: 0o755 });
    const found = await findSandbox("auto", folder);
    assert.equal(found.bubblewrap, null);
    assert.match(found.missing[0] ?? "", /^bubblewrap does not work/);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("a sandbox that is slow to start is not given up for a weaker one", async () => {
  const folder = await mkdtemp(join(tmpdir(), "sluice-slow-"));
  await chmod(folder, 0o755); // where we are root, it runs with the rights of another user
  try {
    await writeFile(join(folder, "bwrap"), "#!/bin/sh\nexec sleep 600\n", { mode: 0o755 });
    const found = await findSandbox("required", `${folder}:/usr/bin:/bin`, 300);
    assert.deepEqual(found.missing, []);
    assert.ok(found.bubblewrap?.hasProc);
    assert.notEqual(found.bubblewrap?.seccomp, null);
  } finally {
    await rm(folder, { recursive: true });
  }
});
