// SQLite as an engine: every statement is answered at once, in this thread, so what it does is one
// step for everybody else.

import type { Database } from "./database.ts";
import type { Change, Engine, Steps } from "./steps.ts";
import type { OnAudit } from "./tables.ts";

export class SqliteEngine implements Engine {
  readonly #database: Database;
  readonly #onAudit: OnAudit;

  constructor(database: Database, onAudit: OnAudit) {
    this.#database = database;
    this.#onAudit = onAudit;
  }

  async nowMs(): Promise<number> {
    return Date.now();
  }

  async read<T>(steps: Steps<T>): Promise<T> {
    return this.#database.take(steps);
  }

  readLog<T>(steps: Steps<T>): Promise<T> {
    return this.read(steps);
  }

  async write<T>({ audit, steps, own }: Change<T>): Promise<T> {
    const made = this.#database.write(() => {
      const result = this.#database.take(steps);
      if (own !== undefined) this.#database.take(own);
      return result;
    });
    this.#database.checkpoint();
    for (const entry of audit) this.#onAudit(entry);
    return made;
  }

  async writeLightly(steps: Steps<void>): Promise<void> {
    this.#database.writeLightly(() => this.#database.take(steps));
  }

  async close(): Promise<void> {
    this.#database.close();
  }
}
