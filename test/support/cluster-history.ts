// What was asked of proxies that share a store while things fail, and whether what they said is
// true. Each proxy writes to the same few registers, a value once, and reads all of them. The audit
// log is what happened: it has each value that was stored, with its revision.
//
//   acknowledged is there, refused is not; of what nobody knew, either
//   what was written after another write had been acknowledged comes after it
//   a proxy shows at least what it has said that it serves, and what it has acknowledged itself,
//   unless it says that it is cut off from what is stored
//   its revision never goes back, nor does what it shows of a register

import { setTimeout as sleep } from "node:timers/promises";

/** What was said of a change. */
export type Outcome = "acknowledged" | "refused" | "unknown";

interface Timed {
  readonly node: string;
  readonly beganMs: number;
  readonly endedMs: number;
  /** That the proxy said it serves; 0: it said nothing. */
  readonly revision: number;
}

export interface Write extends Timed {
  readonly register: string;
  readonly value: string;
  readonly outcome: Outcome;
}

export interface Read extends Timed {
  /** By register; those that were never written are not there. */
  readonly values: ReadonlyMap<string, string>;
  /** It says that it may be behind. */
  readonly isStale: boolean;
}

/** In the order in which they were stored. */
export interface Stored {
  readonly register: string;
  readonly value: string;
  readonly revision: number;
}

/** A proxy, as it is asked. */
export interface Registers {
  put(register: string, value: string): Promise<Pick<Write, "outcome" | "revision">>;
  /** Null: it did not answer. */
  get(): Promise<Omit<Read, "node" | "beganMs" | "endedMs"> | null>;
}

const PAUSE_MS = 20;
const REGISTERS = 3;

export class History {
  readonly writes: Write[] = [];
  readonly reads: Read[] = [];
  readonly #loops: Promise<void>[] = [];
  #isOver = false;

  /** One write after the other, and one read, until it is stopped. @param name  of its values */
  follow(node: string, registers: Registers, name: string): void {
    this.#loops.push(this.#write(node, registers, name), this.#read(node, registers));
  }

  count(outcome: Outcome): number {
    return this.writes.filter((one) => one.outcome === outcome).length;
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#loops);
  }

  async #write(node: string, registers: Registers, name: string): Promise<void> {
    for (let i = 0; !this.#isOver; i++) {
      const [register, value] = [`r${i % REGISTERS}`, `${name} ${node} ${i}`];
      const beganMs = performance.now();
      const { outcome, revision } = await registers.put(register, value).catch(() => NOT_KNOWN);
      const at = { node, beganMs, endedMs: performance.now(), revision };
      this.writes.push({ ...at, register, value, outcome });
      await sleep(PAUSE_MS);
    }
  }

  async #read(node: string, registers: Registers): Promise<void> {
    while (!this.#isOver) {
      const beganMs = performance.now();
      const found = await registers.get().catch(() => null);
      if (found !== null) this.reads.push({ node, beganMs, endedMs: performance.now(), ...found });
      await sleep(PAUSE_MS);
    }
  }
}

const NOT_KNOWN = { outcome: "unknown", revision: 0 } as const;

interface Told {
  readonly writes: readonly Write[];
  readonly reads: readonly Read[];
}

/** What cannot be, a line each; empty: all is as it was said. */
export function contradictions(told: Told, stored: readonly Stored[]): string[] {
  const revisions = new Map(stored.map(({ value, revision }) => [value, revision]));
  const revisionOf = (value: string): number => revisions.get(value) ?? 0;
  const nodes = new Set([...told.writes, ...told.reads].map(({ node }) => node));
  const found = [
    ...told.writes.flatMap(({ value, outcome }) => unlikeSaid(value, outcome, revisionOf(value))),
    ...stored.flatMap(({ value, revision }, i) =>
      revision > (stored[i - 1]?.revision ?? 0) ? [] : [`${value} has a revision of another one`],
    ),
    ...tooEarly(told.writes, revisionOf),
    ...[...nodes].flatMap((node) => goesBack(node, told, { stored, revisionOf })),
  ];
  return [...new Set(found)];
}

function unlikeSaid(value: string, outcome: Outcome, revision: number): string[] {
  if (outcome === "acknowledged" && revision === 0)
    return [`${value} was acknowledged, and is gone`];
  if (outcome === "refused" && revision > 0) return [`${value} was refused, and is there`];
  return [];
}

type RevisionOf = (value: string) => number;

/** Stored before what had been acknowledged when it was asked for. */
function tooEarly(writes: readonly Write[], revisionOf: RevisionOf): string[] {
  const ended = writes
    .filter(({ outcome }) => outcome === "acknowledged")
    .toSorted((one, two) => one.endedMs - two.endedMs);
  let [next, newest] = [0, 0];
  return writes
    .toSorted((one, two) => one.beganMs - two.beganMs)
    .flatMap(({ value, beganMs }) => {
      for (; (ended[next]?.endedMs ?? Number.POSITIVE_INFINITY) < beganMs; next++) {
        newest = Math.max(newest, revisionOf(ended[next]?.value ?? ""));
      }
      const revision = revisionOf(value);
      return revision > 0 && revision < newest ? [`${value} comes before what was before it`] : [];
    });
}

interface Happened {
  readonly stored: readonly Stored[];
  readonly revisionOf: RevisionOf;
}

/** What one proxy shows, in the order in which it was asked. */
function goesBack(node: string, told: Told, { stored, revisionOf }: Happened): string[] {
  const answers = [...told.writes, ...told.reads]
    .filter((one) => one.node === node && one.revision > 0)
    .toSorted((one, two) => one.endedMs - two.endedMs);
  const reads = told.reads
    .filter((one) => one.node === node)
    .toSorted((one, two) => one.beganMs - two.beganMs);
  /** By register: the revision of what it has shown, and of what it is to show. */
  const [seen, due] = [new Map<string, number>(), new Map<string, number>()];
  let [next, served, taken] = [0, 0, 0];
  const found: string[] = [];
  for (const read of reads) {
    for (; (answers[next]?.endedMs ?? Number.POSITIVE_INFINITY) < read.beganMs; next++) {
      const answer = answers[next];
      if (answer === undefined) continue;
      served = Math.max(served, answer.revision);
      if ("values" in answer) {
        for (const [register, value] of answer.values) raise(seen, register, revisionOf(value));
      } else if (answer.outcome === "acknowledged") {
        raise(due, answer.register, revisionOf(answer.value));
      }
    }
    for (; (stored[taken]?.revision ?? Number.POSITIVE_INFINITY) <= served; taken++) {
      const { register, revision } = stored[taken] ?? { register: "", revision: 0 };
      raise(due, register, revision);
    }
    if (read.revision < served) found.push(`${node} served ${served}, then ${read.revision}`);
    for (const [register, revision] of [...seen, ...(read.isStale ? [] : due)]) {
      const value = read.values.get(register) ?? "nothing";
      const shown = revisionOf(value);
      if (shown >= revision) continue;
      found.push(`${node} shows ${value} (${shown}) in ${register} after ${revision}`);
    }
  }
  return found;
}

function raise(least: Map<string, number>, register: string, revision: number): void {
  least.set(register, Math.max(least.get(register) ?? 0, revision));
}
