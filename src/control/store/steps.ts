// What the store does, apart from the engine that it does it on. A read or a change is a generator:
// it yields statements and is sent what the engine answers. SQLite answers at once, PostgreSQL some
// time later, and neither knows what is being done. So what does not need an answer of another
// statement is asked together with it, and whoever writes does not wait for an answer at all.
//
//   steps ── statements ──▶ engine
//         ◀── answers ─────

import type { SQLInputValue, SQLOutputValue } from "node:sqlite";
import type { AuditEntry } from "./audit-entry.ts";

export type Columns = Readonly<Record<string, SQLOutputValue>>;

export interface Statement {
  /**
   * Of ours, in the words that all engines know; a question mark for each parameter, and `now_ms()`
   * for what time it is by the engine's clock.
   */
  readonly sql: string;
  readonly parameters: readonly SQLInputValue[];
  /** What it changes rows of; null: it only reads. */
  readonly changes: Changes | null;
  /**
   * Left out: nobody looks at the answer, which may be empty, and a failure may come up later: with
   * an answer that somebody looks at, or at the end.
   */
  readonly isAwaited?: true;
}

export interface Changes {
  readonly table: Table;
  /**
   * `put`: one row is what the parameters are from now on. `erase`: the row of that key goes.
   * `erase some`, `fill`: the engine says which rows go, or are new.
   */
  readonly how: "put" | "erase" | "erase some" | "fill";
}

export interface Table {
  readonly name: string;
  /** The columns of its primary key. */
  readonly key: readonly string[];
  /** All of them, the key's first. */
  readonly columns: readonly string[];
}

/** The primary key of one row. */
export type Key = readonly (string | number)[];

export interface StatementResult {
  readonly rows: readonly Columns[];
  /** How many rows changed. */
  readonly changed: number;
}

export type Steps<T> = Generator<readonly Statement[], T, readonly StatementResult[]>;

/** One statement whose answer is needed. */
export function* ask(statement: Omit<Statement, "isAwaited">): Steps<StatementResult> {
  const [result] = yield [{ ...statement, isAwaited: true }];
  return result ?? NOTHING;
}

/** One that changes something, and must be done in the end. */
export function* tell(statement: Omit<Statement, "isAwaited">): Steps<void> {
  yield [statement];
}

/** Of a statement that nobody waits for. */
export const NOTHING: StatementResult = { rows: [], changed: 0 };

/** What time it is by the engine's clock. */
export function* engineTimeMs(): Steps<number> {
  const { rows } = yield* ask({ sql: "SELECT now_ms() AS ms", parameters: [], changes: null });
  return Number(rows[0]?.ms);
}

/**
 * Steps that do not need each other's answers, asked together: as many times as the longest of them
 * asks. What two of them ask at once is done in their order.
 */
export function together<A, B>(all: readonly [Steps<A>, Steps<B>]): Steps<[A, B]>;
export function together<A, B, C>(all: readonly [Steps<A>, Steps<B>, Steps<C>]): Steps<[A, B, C]>;
export function together<A, B, C, D>(
  all: readonly [Steps<A>, Steps<B>, Steps<C>, Steps<D>],
): Steps<[A, B, C, D]>;
export function together<T>(all: readonly Steps<T>[]): Steps<T[]>;
export function* together(all: readonly Steps<unknown>[]): Steps<unknown[]> {
  const parts = all.map((steps) => ({ steps, next: steps.next() }));
  while (parts.some(({ next }) => next.done !== true)) {
    const answers = yield parts.flatMap(({ next }) => (next.done === true ? [] : next.value));
    let at = 0;
    for (const part of parts) {
      if (part.next.done === true) continue;
      const from = at;
      at += part.next.value.length;
      part.next = part.steps.next(answers.slice(from, at));
    }
  }
  return parts.map(({ next }) => next.value);
}

/** For what is asked only sometimes. */
export function* nothing(): Steps<void> {}

/** All or nothing, durable once it is acknowledged, with its lines of the audit log. */
export interface Change<T> {
  readonly audit: readonly AuditEntry[];
  readonly steps: Steps<T>;
  /** What concerns this proxy alone, wherever the rest is kept. */
  readonly own?: Steps<void>;
  /** What comes of it is read from the store: it is not done before it can be. */
  readonly isReadBack?: true;
}

/** A change of which nothing is live but what is read from the store. */
export const readBack = <T>(change: Change<T>): Change<T> => ({ ...change, isReadBack: true });

/** What a store stands on. Each may reject with a StoreError. */
export interface Engine {
  /** What time it is by its clock, which the times in its rows are of. */
  nowMs(): Promise<number>;
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
  while (next.done !== true) next = steps.next(next.value.map(answer));
  return next.value;
}

/** An engine that one waits for. */
export async function follow<T>(
  steps: Steps<T>,
  answer: (statements: readonly Statement[]) => Promise<readonly StatementResult[]>,
): Promise<T> {
  let next = steps.next();
  while (next.done !== true) next = steps.next(await answer(next.value));
  return next.value;
}
