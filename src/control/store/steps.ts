// What the store does, apart from the engine that it does it on. A read or a change is a generator:
// it yields one statement at a time and is sent what the engine answers. SQLite answers at once,
// PostgreSQL some time later, and neither knows what is being done.
//
//   steps ── statement ──▶ engine
//         ◀── answer ─────

import type { SQLInputValue, SQLOutputValue } from "node:sqlite";
import type { AuditEntry } from "./audit-entry.ts";

export type Columns = Readonly<Record<string, SQLOutputValue>>;

export interface Statement {
  /** Of ours, in the words that all engines know; a question mark for each parameter. */
  readonly sql: string;
  readonly parameters: readonly SQLInputValue[];
  /** What it changes rows of, and their primary key; null: it only reads. */
  readonly changes: ChangedTable | null;
}

export interface ChangedTable {
  readonly name: string;
  readonly key: readonly string[];
}

export interface StatementResult {
  /** Of a change: none, or the keys of what it changed. */
  readonly rows: readonly Columns[];
  /** How many rows changed. */
  readonly changed: number;
}

export type Steps<T> = Generator<Statement, T, StatementResult>;

/** All or nothing, durable once it is acknowledged, with its lines of the audit log. */
export interface Change<T> {
  readonly audit: readonly AuditEntry[];
  readonly steps: Steps<T>;
  /** What concerns this proxy alone, wherever the rest is kept. */
  readonly own?: Steps<void>;
}

/** What a store stands on. Each may reject with a StoreError. */
export interface Engine {
  /** Of one moment, however many statements. */
  read<T>(steps: Steps<T>): Promise<T>;
  /** As `read`, of the audit log. */
  readLog<T>(steps: Steps<T>): Promise<T>;
  /** One change after the other. */
  write<T>(change: Change<T>): Promise<T>;
  /** For what may be lost with the power: counters. */
  writeLightly(steps: Steps<void>): Promise<void>;
  /** Told of what other machines have stored; left out: there are no others. */
  watch?(told: Told): void;
  close(): Promise<void>;
}

export interface StoreNews {
  /** The engine had not answered, and does again. */
  readonly isBack: boolean;
  /** Its history is not the one that was known, as after a failover that lost changes. */
  readonly isReplaced: boolean;
}

export type Told = (news: StoreNews) => void;

/** An engine that answers at once. */
export function take<T>(steps: Steps<T>, answer: (statement: Statement) => StatementResult): T {
  let next = steps.next();
  while (next.done !== true) next = steps.next(answer(next.value));
  return next.value;
}

/** An engine that one waits for. */
export async function follow<T>(
  steps: Steps<T>,
  answer: (statement: Statement) => Promise<StatementResult>,
): Promise<T> {
  let next = steps.next();
  while (next.done !== true) next = steps.next(await answer(next.value));
  return next.value;
}
