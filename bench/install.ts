// What the contestants of a run need from outside, fetched when it runs and never by `npm ci`:
// Debian's packages with apt-get; the proxies from npm, and Pingora, which is built, into
// bench/.peers, at the versions that bench/peers pins.

import { execFile } from "node:child_process";
import { cp, mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Contestant, Need } from "./contestants.ts";

const run = promisify(execFile);

/** The client, the origin, and what pins them to cores. */
const ALWAYS = ["nghttp2-client", "nginx", "util-linux"];

const PACKAGES: Readonly<Partial<Record<Need, string>>> = {
  lua: "libnginx-mod-http-lua",
  njs: "libnginx-mod-http-js",
  haproxy: "haproxy",
};

export const NGINX_MODULES = "/usr/lib/nginx/modules";

/** Where npm's proxies live; git ignores it. */
export const peersFolder = (root: string): string => join(root, "bench", ".peers");

/** @returns  those that cannot be had here, by their names, and why */
export async function install(
  root: string,
  contestants: readonly Contestant[],
  say: (line: string) => void,
): Promise<ReadonlyMap<string, string>> {
  if (process.platform !== "linux") throw new Error("Cannot bench here: expected Linux.");
  const needs = new Set(contestants.flatMap((each) => each.needs ?? []));
  await installDebian([...ALWAYS, ...[...needs].flatMap((need) => PACKAGES[need] ?? [])], say);
  const missing = new Map<string, string>();
  const get = async (need: Need, work: () => Promise<void>): Promise<void> => {
    if (!needs.has(need)) return;
    const failed = await work().then(() => null, asText);
    if (failed === null) return;
    for (const { name, needs: own = [] } of contestants) {
      if (own.includes(need)) missing.set(name, failed);
    }
  };
  await get("npm", () => installNpm(root, say));
  await get("pingora", () => buildPingora(root, say));
  return missing;
}

const asText = (thrown: unknown): string =>
  thrown instanceof Error ? thrown.message : `${thrown}`;

export const pingoraProgram = (root: string): string =>
  join(peersFolder(root), "pingora", "release", "bench-pingora");

/** Minutes the first time: Cargo keeps what it has built. */
async function buildPingora(root: string, say: (line: string) => void): Promise<void> {
  const manifest = join(root, "bench", "peers", "pingora", "Cargo.toml");
  say("Building Pingora with cargo into bench/.peers (minutes, the first time)");
  const folder = join(peersFolder(root), "pingora");
  const flags = ["build", "--release", "--locked", "--quiet", "--manifest-path", manifest];
  await run("cargo", [...flags, "--target-dir", folder], { maxBuffer: BUILD_OUTPUT_BYTES });
}

const BUILD_OUTPUT_BYTES = 16_777_216;

/** The binary itself: npm's wrapper would cost a process. */
export async function findWorkerd(root: string): Promise<string> {
  const scope = join(peersFolder(root), "node_modules", "@cloudflare");
  const names = await readdir(scope).catch(() => []);
  const name = names.find((each) => each.startsWith("workerd-linux"));
  if (name === undefined)
    throw new Error("Cannot find workerd: npm has no binary for this system.");
  return join(scope, name, "bin", "workerd");
}

/** njs has shared dicts since 0.8.0; before it cannot count, and does less than the others. */
export async function hasNjsCounter(): Promise<boolean> {
  const path = join(NGINX_MODULES, "ngx_http_js_module.so");
  const module = await readFile(path, "latin1").catch(() => "");
  return module.includes("js_shared_dict_zone");
}

/** The contestant as this machine can run it. */
export function withoutCounter(contestant: Contestant): Contestant {
  return {
    ...contestant,
    label: `${contestant.label.replace(/, counter$/, "")} (no counter: this njs has none)`,
    work: "hooks without counter",
  };
}

async function installDebian(names: readonly string[], say: (line: string) => void): Promise<void> {
  const missing: string[] = [];
  for (const name of names) if (!(await isInstalled(name))) missing.push(name);
  if (missing.length === 0) return;
  const command = `apt-get install --no-install-recommends ${missing.join(" ")}`;
  if (process.getuid?.() !== 0) {
    throw new Error(`Cannot install Debian packages: expected root. Run: sudo ${command}`);
  }
  say(`Installing ${missing.join(", ")}`);
  // the bench starts what it needs itself: no service shall be started with its package
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" };
  await run("apt-get", ["update", "-qq"], { env });
  const flags = ["install", "-y", "-qq", "--no-install-recommends"];
  await run("apt-get", [...flags, ...missing], { env });
}

async function isInstalled(name: string): Promise<boolean> {
  try {
    const { stdout } = await run("dpkg-query", ["-W", "-f=$" + "{Status}", name]);
    return stdout === "install ok installed";
  } catch {
    return false;
  }
}

export async function installNpm(root: string, say: (line: string) => void): Promise<void> {
  const folder = peersFolder(root);
  const wanted = await readFile(join(root, "bench", "peers", "package.json"), "utf8");
  const marker = join(folder, "node_modules", ".package-lock.json");
  const present = await readFile(join(folder, "package.json"), "utf8").catch(() => null);
  const isComplete = await readFile(marker).then(Boolean, () => false);
  if (present === wanted && isComplete) return;
  say("Installing the proxies from npm into bench/.peers");
  await mkdir(folder, { recursive: true });
  await cp(join(root, "bench", "peers", "package.json"), join(folder, "package.json"));
  const flags = ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  await run("npm", flags, { cwd: folder });
}
