// Who this proxy is among those that share a store: a number in the folder of its copy, so that it
// is the same one after a restart.

import { randomUUID } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const NAME = "node-id";
const ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export class NodeIdentity {
  readonly #folder: string;
  #id: string;

  constructor(folder: string) {
    this.#folder = folder;
    this.#id = read(join(folder, NAME)) ?? this.#make();
  }

  get id(): string {
    return this.#id;
  }

  /** Somebody else has this one: the folder is a copy of theirs. */
  renew(): void {
    this.#id = this.#make();
  }

  #make(): string {
    const id = randomUUID();
    const path = join(this.#folder, NAME);
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    writeFileSync(`${path}~`, `${id}\n`, { mode: 0o600 });
    renameSync(`${path}~`, path);
    return id;
  }
}

/** Null: there is none, or it is damaged. */
function read(path: string): string | null {
  try {
    const text = readFileSync(path, "utf8").trim();
    return ID.test(text) ? text : null;
  } catch {
    return null;
  }
}
