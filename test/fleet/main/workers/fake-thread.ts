// A worker thread as its slot sees it, without a thread: the test says when it replies, and how.
// What a slot must never ask of a worker is noted.

import type { HookMasks, SlotThread } from "../../../../src/fleet/main/workers/worker-slot.ts";
import type { Generation } from "../../../../src/fleet/shared/messages.ts";

interface Pending {
  readonly type: "prepare" | "commit" | "end";
  readonly number: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export class FakeThread implements SlotThread {
  readonly ended: Promise<string>;
  isGone = false;
  hasEnded = false;
  /** Number of the generation that its requests meet; 0: none. */
  serving = 0;
  listens = 0;
  readonly faults: string[] = [];
  #prepared = 0;
  #hasRefused = false;
  readonly #pending: Pending[] = [];
  #end: (reason: string) => void = () => undefined;

  constructor() {
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  get isBusy(): boolean {
    return this.#pending.length > 0;
  }

  async prepare({ number }: Generation): Promise<HookMasks> {
    this.#abort();
    await this.#ask("prepare", number);
    return new Map([["hash", number]]);
  }

  commit({ number }: Generation): Promise<void> {
    if (!this.isGone && this.#prepared !== number) {
      this.faults.push(`asked to commit ${number}, prepared was ${this.#prepared}`);
    }
    return this.#ask("commit", number);
  }

  async abandon(number: number): Promise<void> {
    const other = this.#pending.find((one) => one.type === "prepare" && one.number !== number);
    if (other !== undefined) this.faults.push(`${other.number} was abandoned for ${number}`);
    this.#abort();
    this.#prepared = 0;
  }

  async end(): Promise<boolean> {
    if (!this.isGone && !this.#hasRefused) this.faults.push("ended though it did what it was told");
    await this.#ask("end", 0);
    return true;
  }

  /** To what it was asked first, if anything. */
  reply(isOk: boolean): void {
    const first = this.#pending.shift();
    if (first === undefined) return;
    if (first.type === "end") {
      first.resolve();
      return this.die();
    }
    if (!isOk) {
      this.#hasRefused = true;
      return first.reject(new Error(`it could not ${first.type} ${first.number}`));
    }
    if (first.type === "prepare") this.#prepared = first.number;
    else {
      this.serving = first.number;
      this.#prepared = 0;
    }
    first.resolve();
  }

  /** An error that nobody caught: it says so, and ends a little later. */
  fail(): void {
    this.isGone = true;
    for (const { reject } of this.#pending.splice(0)) reject(new Error("the worker ended"));
  }

  die(): void {
    this.fail();
    this.hasEnded = true;
    this.#end("the test ended it");
  }

  #abort(): void {
    for (const [i, { type, reject }] of [...this.#pending.entries()].reverse()) {
      if (type !== "prepare") continue;
      this.#pending.splice(i, 1);
      this.#hasRefused = true;
      reject(new Error("it was abandoned"));
    }
  }

  #ask(type: Pending["type"], number: number): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.isGone && type !== "end") return reject(new Error("the worker ended"));
      if (this.isGone) return resolve();
      this.#pending.push({ type, number, resolve, reject });
    });
  }
}
