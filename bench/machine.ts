// Where the figures come from: the machine and the versions of everything that took part.

import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { cpus, release, totalmem } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { peersFolder } from "./install.ts";

const run = promisify(execFile);

export function describeMachine(): Record<string, string> {
  const cores = cpus();
  return {
    Processor: `${cores[0]?.model.trim() ?? "unknown"}, ${cores.length} cores`,
    Memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    Kernel: `${process.platform} ${release()} ${process.arch}`,
  };
}

export async function describeVersions(root: string): Promise<Record<string, string>> {
  const modules = join(peersFolder(root), "node_modules");
  return {
    Sluice: await packageVersion(root),
    Node: process.versions.node,
    V8: process.versions.v8,
    nginx: await debianVersion("nginx"),
    "nginx Lua": await debianVersion("libnginx-mod-http-lua"),
    njs: await debianVersion("libnginx-mod-http-js"),
    HAProxy: await debianVersion("haproxy"),
    h2load: await debianVersion("nghttp2-client"),
    Pingora: await pingoraVersion(root),
    workerd: await packageVersion(join(modules, "workerd")),
    "@fastify/http-proxy": await packageVersion(join(modules, "@fastify", "http-proxy")),
    undici: await packageVersion(join(root, "node_modules", "undici")),
  };
}

const NOT_HERE = "not installed";

async function debianVersion(name: string): Promise<string> {
  const asked = run("dpkg-query", ["-W", "-f=$" + "{Version}", name]);
  return await asked.then(
    ({ stdout }) => stdout || NOT_HERE,
    () => NOT_HERE,
  );
}

async function pingoraVersion(root: string): Promise<string> {
  const manifest = join(root, "bench", "peers", "pingora", "Cargo.toml");
  const text = await readFile(manifest, "utf8");
  return /^pingora = \{ version = "=([\d.]+)"/m.exec(text)?.[1] ?? "unknown";
}

async function packageVersion(folder: string): Promise<string> {
  const text = await readFile(join(folder, "package.json"), "utf8").catch(() => null);
  if (text === null) return NOT_HERE;
  const parsed: unknown = JSON.parse(text);
  const hasVersion = typeof parsed === "object" && parsed !== null && "version" in parsed;
  return hasVersion ? String(parsed.version) : "unknown";
}
