// Who this proxy is among those that share a store: a number in the folder of its copy, so that it
// is the same one after a restart. And who it was when it counted what it has: one that gets a new
// number counts anew, and may be killed before it has begun to.

import { randomUUID } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { StoreError } from "../store-error.ts";

const NAME = "node-id";
const COUNTED = "node-id-counted";
const ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export class NodeIdentity {
  readonly #folder: string;
  #id: string;
  #countedId: string;
  #isTaken = false;

  /** Throws StoreError: it cannot be written. */
  constructor(folder: string) {
    this.#folder = folder;
    this.#id = read(join(folder, NAME)) ?? this.#make();
    // an earlier release did not note it
    this.#countedId = read(join(folder, COUNTED)) ?? this.countAs(this.#id);
  }

  get id(): string {
    return this.#id;
  }

  /** Another proxy has it too, and this one could not write another one yet. */
  get isTaken(): boolean {
    return this.#isTaken;
  }

  /** Under which what this proxy has counted is told: not its own yet where that is new. */
  get countedId(): string {
    return this.#countedId;
  }

  /** What it has counted by now is this one's. Throws StoreError; then nothing has changed. */
  countAs(id: string): string {
    this.#write(COUNTED, id);
    this.#countedId = id;
    return id;
  }

  /**
   * Somebody else has this one: the folder is a copy of theirs. Throws StoreError; then it is
   * still the same.
   */
  renew(): void {
    this.#isTaken = true;
    this.#id = this.#make();
    this.#isTaken = false;
  }

  #make(): string {
    const id = randomUUID();
    this.#write(NAME, id);
    return id;
  }

  #write(name: string, id: string): void {
    const path = join(this.#folder, name);
    try {
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
      writeFileSync(`${path}~`, `${id}\n`, { mode: 0o600 });
      renameSync(`${path}~`, path);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      const message = `Cannot write the id of this proxy, ${path}: ${reason}`;
      throw new StoreError("unavailable", message, { cause });
    }
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
