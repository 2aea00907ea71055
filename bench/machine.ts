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
    wrk: await debianVersion("wrk"),
    workerd: await packageVersion(join(modules, "workerd")),
    "@fastify/http-proxy": await packageVersion(join(modules, "@fastify", "http-proxy")),
    undici: await packageVersion(join(root, "node_modules", "undici")),
  };
}

async function debianVersion(name: string): Promise<string> {
  const { stdout } = await run("dpkg-query", ["-W", "-f=$" + "{Version}", name]);
  return stdout;
}

async function packageVersion(folder: string): Promise<string> {
  const parsed: unknown = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
  const hasVersion = typeof parsed === "object" && parsed !== null && "version" in parsed;
  return hasVersion ? String(parsed.version) : "unknown";
}
