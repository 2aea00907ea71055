// Packages that a script reaches beyond its own folder: those of the npm, yarn or pnpm workspace
// that it belongs to. The manager puts shared ones into the workspace's node_modules, and links a
// member from there, or from the member that depends on it, to its folder.

import { readFile, realpath } from "node:fs/promises";
import { dirname, join } from "node:path";
import { isInside } from "../base/inside.ts";

/** Members that one script may depend on, directly or not. */
const MEMBERS_MAX = 256;

export class Workspace {
  readonly #root: string;
  readonly #script: string;
  #members: Promise<readonly string[]> | null = null;

  private constructor(root: string, script: string) {
    this.#root = root;
    this.#script = script;
  }

  /** @param script  the script's folder; null: it is in no workspace */
  static async around(script: string): Promise<Workspace | null> {
    for (let folder = dirname(script); folder !== dirname(folder); folder = dirname(folder)) {
      if (await isWorkspace(folder)) return new Workspace(folder, script);
    }
    return null;
  }

  /** A file of an installed package, or of a member that the script depends on. */
  async has(path: string): Promise<boolean> {
    if (isInside(join(this.#root, "node_modules"), path)) return true;
    this.#members ??= this.#membersOf(this.#script);
    const members = await this.#members;
    return members.some((folder) => isInside(folder, path));
  }

  async #membersOf(script: string): Promise<readonly string[]> {
    const found = new Set<string>();
    const open = [script];
    for (let folder = open.pop(); folder !== undefined; folder = open.pop()) {
      for (const name of await dependenciesOf(folder)) {
        const member = await this.#memberNamed(name, folder);
        if (member === null || found.has(member) || found.size >= MEMBERS_MAX) continue;
        found.add(member);
        open.push(member);
      }
    }
    return [...found];
  }

  /** Where the link of that name leads, if that is a folder of the workspace. */
  async #memberNamed(name: string, from: string): Promise<string | null> {
    for (let folder = from; ; folder = dirname(folder)) {
      const real = await realpath(join(folder, "node_modules", name)).catch(() => null);
      if (real !== null) {
        const isMember = isInside(this.#root, real) && !real.includes("/node_modules/");
        return isMember ? real : null;
      }
      if (folder === this.#root || folder === dirname(folder)) return null;
    }
  }
}

async function isWorkspace(folder: string): Promise<boolean> {
  if ("workspaces" in (await manifestOf(folder))) return true;
  const pnpm = await realpath(join(folder, "pnpm-workspace.yaml")).catch(() => null);
  return pnpm !== null;
}

const KINDS = ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies"];
/** `pack`, `@scope/pack`: no way out of node_modules. */
const NAME = /^(?:@[\w.~-]+\/)?(?!\.)[\w.~-]+$/;

async function dependenciesOf(folder: string): Promise<string[]> {
  const manifest = await manifestOf(folder);
  const names = KINDS.flatMap((kind) => Object.keys(manifest[kind] ?? {}));
  return names.filter((name) => NAME.test(name));
}

async function manifestOf(folder: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    const manifest: unknown = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
    return typeof manifest === "object" && manifest !== null ? { ...manifest } : {};
  } catch {
    return {};
  }
}
