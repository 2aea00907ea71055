// What the bench needs from outside, fetched when it runs and never by `npm ci`: Debian's packages
// with apt-get, the proxies from npm into bench/.peers, at the versions that
// bench/peers/package.json pins.

import { execFile } from "node:child_process";
import { cp, mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Contestant } from "./contestants.ts";

const run = promisify(execFile);

const DEBIAN_PACKAGES = [
  "wrk",
  "nginx",
  "libnginx-mod-http-lua",
  "libnginx-mod-http-js",
  "haproxy",
  "util-linux",
];

export const NGINX_MODULES = "/usr/lib/nginx/modules";

/** Where npm's proxies live; git ignores it. */
export const peersFolder = (root: string): string => join(root, "bench", ".peers");

export async function install(root: string, say: (line: string) => void): Promise<void> {
  if (process.platform !== "linux") throw new Error("Cannot bench here: expected Linux.");
  await installDebian(say);
  await installNpm(root, say);
}

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
  const module = await readFile(join(NGINX_MODULES, "ngx_http_js_module.so"), "latin1");
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

async function installDebian(say: (line: string) => void): Promise<void> {
  const missing: string[] = [];
  for (const name of DEBIAN_PACKAGES) if (!(await isInstalled(name))) missing.push(name);
  if (missing.length === 0) return;
  const command = `apt-get install --no-install-recommends ${missing.join(" ")}`;
  if (process.getuid?.() !== 0) {
    throw new Error(`Cannot install Debian packages: expected root. Run: sudo ${command}`);
  }
  say(`Installing ${missing.join(", ")}`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
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

async function installNpm(root: string, say: (line: string) => void): Promise<void> {
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
