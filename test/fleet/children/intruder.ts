// What would run in a cell if a script had left its isolate: Node, with all it can do. It tries
// every way out that it knows, and writes down what came of each.

import { spawnSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { lookup } from "node:dns/promises";
import { once } from "node:events";
import { readdirSync, readFileSync, rmSync, writeFileSync, writeSync } from "node:fs";
import { connect, createServer } from "node:net";
import { hostname } from "node:os";

interface Targets {
  /** A secret of the proxy's machine, and our own test's files. */
  readonly secret: string;
  readonly folder: string;
  readonly code: string;
  /** Where somebody listens outside. */
  readonly port: number;
  readonly socket: string;
  /** The proxy. */
  readonly pid: number;
}

const OUTPUT = 1;
const targets: Targets = JSON.parse(process.argv[2] ?? "");
const outcomes: Record<string, unknown> = {};

async function attempt(what: string, act: () => unknown): Promise<void> {
  try {
    outcomes[what] = { got: await act() };
  } catch (thrown) {
    const code = thrown instanceof Error && "code" in thrown ? thrown.code : String(thrown);
    outcomes[what] = { refused: code };
  }
}

async function connectTo(
  options: { port: number; host: string } | { path: string },
): Promise<string> {
  const socket = connect(options);
  await once(socket, "connect");
  socket.destroy();
  return "connected";
}

await attempt("read a secret", () => readFileSync(targets.secret, "utf8"));
await attempt("read the users", () => readFileSync("/etc/passwd", "utf8"));
await attempt("list a folder", () => readdirSync(targets.folder));
for (const folder of ["/", targets.folder, "/tmp", "/dev", "/dev/shm", targets.code]) {
  await attempt(`write to ${folder}`, () => {
    writeFileSync(`${folder}/intruder`, "was here");
    // without the sandbox it gets there: nothing of the test's may stay
    rmSync(`${folder}/intruder`);
  });
}
await attempt("start a shell", () => spawned("/bin/sh", ["-c", "echo hello"]));
await attempt("start Node", () => spawned(process.execPath, ["--version"]));
await attempt("connect over TCP", () => connectTo({ port: targets.port, host: "127.0.0.1" }));
await attempt("connect over TCP 6", () => connectTo({ port: targets.port, host: "::1" }));
await attempt("connect to a socket", () => connectTo({ path: targets.socket }));
await attempt("listen for others", () => listening());
await attempt("send a datagram", () => sent());
await attempt("ask for a name", () => lookup("localhost"));
await attempt("signal the proxy", () => process.kill(targets.pid, 0));
await attempt("read the proxy's environment", () =>
  readFileSync(`/proc/${targets.pid}/environ`, "utf8"),
);
await attempt("change a setting of the kernel", () =>
  writeFileSync("/proc/sys/kernel/core_pattern", "|/x"),
);
// those of the allocator are ours for it, and say nothing
outcomes.environment = Object.entries(process.env).filter(
  ([name]) => !/^(?:MALLOC_.*|TZ)$/.test(name),
);
outcomes.initEnvironment = initEnvironment();
outcomes.root = readdirSync("/").sort();
outcomes.hostname = hostname();
outcomes.processes = readdirSync("/proc").filter((name) => /^\d+$/.test(name)).length;
outcomes.status = readFileSync("/proc/self/status", "utf8");
outcomes.limits = readFileSync("/proc/self/limits", "utf8");
outcomes.score = readFileSync("/proc/self/oom_score_adj", "utf8").trim();
writeSync(OUTPUT, JSON.stringify(outcomes));
process.exit(0);

function spawned(file: string, args: string[]): string {
  const { error, stdout } = spawnSync(file, args);
  if (error !== undefined) throw error;
  return String(stdout);
}

async function listening(): Promise<string> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return "listening";
}

async function sent(): Promise<string> {
  const socket = createSocket("udp4");
  const failed = once(socket, "error").then(([error]) => Promise.reject(error));
  const done = new Promise((resolve, reject) => {
    socket.send("hello", targets.port, "127.0.0.1", (error) =>
      error ? reject(error) : resolve(0),
    );
  });
  await Promise.race([done, failed]);
  return "sent";
}

/** Of the first process of this sandbox, which was started outside. */
function initEnvironment(): string {
  try {
    return readFileSync("/proc/1/environ", "utf8");
  } catch {
    return "";
  }
}
