// Listening sockets that systemd opened (LISTEN_FDS), as a process finds them.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, test } from "node:test";
import { descriptorOf } from "../../src/base/descriptor.ts";
import { builtProgram } from "../support/built-program.ts";
import { SocketOrigin } from "./socket-origin.ts";

const folder = mkdtempSync(join(tmpdir(), "sluice-systemd-"));
after(() => rmSync(folder, { recursive: true }));

interface Line {
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** Starts the proxy as systemd would, and closes our own copies of the sockets. */
async function startWith(sockets: readonly Server[], config: object) {
  const file = join(folder, "sluice.yaml");
  writeFileSync(file, JSON.stringify(config));
  const { main, env } = await builtProgram();
  const command = 'export LISTEN_PID=$$; exec "$0" "$@"';
  const args = ["-c", command, process.execPath, main, "serve", "--config", file];
  const child = spawn("sh", args, {
    stdio: ["ignore", "pipe", "inherit", ...sockets.map(descriptorOf)],
    env: { ...process.env, ...env, LISTEN_FDS: String(sockets.length) },
  });
  for (const socket of sockets) socket.close();
  assert.ok(child.stdout !== null);
  const lines: Line[] = [];
  for await (const text of createInterface(child.stdout)) {
    const line: Line = JSON.parse(text);
    lines.push(line);
    if (line.msg === "ready") break;
  }
  child.stdout.resume();
  return {
    lines,
    async [Symbol.asyncDispose]() {
      const exited = once(child, "exit");
      child.kill();
      await exited;
    },
  };
}

/** A socket that listens, and its port. */
async function listening(port = 0, reusePort = false): Promise<{ socket: Server; port: number }> {
  const socket = createServer().listen({ host: "127.0.0.1", port, reusePort });
  await once(socket, "listening");
  const bound = socket.address();
  assert.ok(typeof bound === "object" && bound !== null);
  return { socket, port: bound.port };
}

const configFor = (port: number, origin: string, workers: number): object => ({
  listeners: [{ address: `127.0.0.1:${port}` }],
  admin: { address: "127.0.0.1:0" },
  limits: { connections: 100 }, // fewer than any machine has descriptors for
  workers,
  tenants: { a: { hosts: ["*"], upstreams: { o: { peers: [origin] } } } },
});

const get = async (port: number): Promise<string> => {
  const url = `http://127.0.0.1:${port}`;
  return await (await fetch(url, { headers: { connection: "close" } })).text();
};

test("a socket whose address is configured is served on", async () => {
  await using origin = await SocketOrigin.start();
  const { socket, port } = await listening();
  await using proxy = await startWith([socket], configFor(port, origin.address, 1));
  assert.equal(await get(port), "plain");
  assert.deepEqual(
    proxy.lines.map(({ msg }) => msg),
    ["ready"],
  );
});

test("with fewer sockets than workers the others say so, and every request is served", async () => {
  await using origin = await SocketOrigin.start();
  const { socket, port } = await listening();
  await using proxy = await startWith([socket], configFor(port, origin.address, 2));
  for (let i = 0; i < 8; i++) assert.equal(await get(port), "plain");
  const [missing] = proxy.lines;
  assert.match(missing?.msg ?? "", /^this worker does not listen there: expected a socket/);
});

test("sockets with ReusePort=yes go one to each worker", async () => {
  await using origin = await SocketOrigin.start();
  const one = await listening(0, true);
  const two = await listening(one.port, true);
  const sockets = [one.socket, two.socket];
  await using proxy = await startWith(sockets, configFor(one.port, origin.address, 2));
  assert.deepEqual(
    proxy.lines.map(({ msg }) => msg),
    ["ready"],
  );
  for (let i = 0; i < 8; i++) assert.equal(await get(one.port), "plain");
});

test("a socket that is not configured is closed, with a word in the log", async () => {
  await using origin = await SocketOrigin.start();
  const used = await listening();
  const unused = await listening();
  const config = configFor(used.port, origin.address, 1);
  await using proxy = await startWith([used.socket, unused.socket], config);
  assert.deepEqual(
    proxy.lines.map(({ msg, listener }) => [msg, listener]),
    [
      ["an inherited socket is not configured: closed", `127.0.0.1:${unused.port}`],
      ["ready", undefined],
    ],
  );
  await assert.rejects(get(unused.port));
});
