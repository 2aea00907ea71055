// Statements on one connection that do not wait for the answers of those before: the server does
// them in their order, and as many as come together cost one way there and back. Once one has
// failed the transaction is, and those after it are refused; the first failure is what is thrown.

import type { PoolClient, QueryConfig, QueryResult } from "pg";
import { CLUSTER_LIMITS } from "../../../base/cluster-limits.ts";
import { type Columns, NOTHING, type Statement, type StatementResult } from "../steps.ts";
import { toQuery } from "./answer.ts";

export type PendingResult = Promise<QueryResult<Columns>>;

interface Asking {
  readonly onSent?: (statement: Statement, answer: PendingResult) => void;
  /** Leaves with them. */
  readonly last?: QueryConfig | null;
}

export class Pipeline implements Disposable {
  readonly #client: PoolClient;
  #sent: PendingResult[] = [];
  #letters = 0;
  #isCorked = false;
  #hasWaited = false;

  constructor(client: PoolClient) {
    this.#client = client;
  }

  /** It leaves at the latest when somebody waits for the answers. */
  send(query: QueryConfig): PendingResult {
    this.#cork();
    const answer = this.#client.query<Columns>(query);
    // it is thrown when it is its turn
    answer.catch(ignore);
    this.#sent.push(answer);
    for (const value of query.values ?? []) this.#letters += lengthOf(value);
    return answer;
  }

  /** Several, with their answers if anybody looks at one of them. */
  async ask(
    statements: readonly Statement[],
    { onSent = ignore, last = null }: Asking = {},
  ): Promise<readonly StatementResult[]> {
    const answers = statements.map((statement) => {
      const answer = this.send(toQuery(statement));
      onSent(statement, answer);
      return answer;
    });
    if (last !== null) this.send(last);
    const isAwaited = statements.some((statement) => statement.isAwaited === true);
    if (!isAwaited && !this.#isFull) return statements.map(() => NOTHING);
    await this.settled();
    const results = await Promise.all(answers);
    return results.map(({ rows, rowCount }) => ({ rows, changed: rowCount ?? 0 }));
  }

  /** Something was answered: at least what was sent first. */
  get hasWaited(): boolean {
    return this.#hasWaited;
  }

  /** All that was sent is answered. Throws the first failure: what came after it is undone too. */
  async settled(): Promise<void> {
    this.#uncork();
    const sent = this.#sent;
    this.#sent = [];
    this.#letters = 0;
    for (const answer of sent) await answer;
    this.#hasWaited = true;
  }

  [Symbol.dispose](): void {
    this.#uncork();
  }

  get #isFull(): boolean {
    const { statementsAhead, lettersAhead } = CLUSTER_LIMITS;
    return this.#sent.length >= statementsAhead || this.#letters >= lettersAhead;
  }

  /** Each would leave in a packet of its own. */
  #cork(): void {
    if (!this.#isCorked) this.#client.connection.stream.cork();
    this.#isCorked = true;
  }

  #uncork(): void {
    if (this.#isCorked) this.#client.connection.stream.uncork();
    this.#isCorked = false;
  }
}

const ignore = (): void => {};

const lengthOf = (value: unknown): number =>
  typeof value === "string" || value instanceof Uint8Array ? value.length : 0;
