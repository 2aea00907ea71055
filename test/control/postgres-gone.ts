// What proxies have counted that are gone for long: one row for all of them, and their own again
// for those that come back.

import assert from "node:assert/strict";
import { it } from "node:test";
import { mergeOne } from "../../src/control/store/cluster/gone-counts.ts";
import { putSharedCount } from "../../src/control/store/cluster/put-shared-count.ts";
import type { SharedCounts } from "../../src/control/store/cluster/shared-counts.ts";
import { Shared, type SharedStand, sumOf } from "./postgres-shared.ts";
import { audit, remove } from "./store-stand.ts";

const AGE = "UPDATE sluice.counting SET seen_at = seen_at - interval '2 days' WHERE node =";

/** Two of three have been gone for days, and a fourth has come. */
class Gone implements AsyncDisposable {
  readonly shared: Shared;
  readonly tenant: string;
  /** Each as its process is. */
  readonly all: ReadonlyMap<string, SharedCounts>;

  private constructor(shared: Shared, tenant: string) {
    this.shared = shared;
    this.tenant = tenant;
    this.all = new Map(["one", "two", "three", "four"].map((id) => [id, shared.counts(id)]));
  }

  static async open(stand: () => Promise<SharedStand>): Promise<Gone> {
    const shared = await Shared.open(stand);
    const made = new Gone(shared, await shared.tenant("demo"));
    await made.tell("one", 5n);
    await made.tell("two", 7n);
    await made.tell("three", 1n);
    for (const id of ["one", "two"]) await shared.sql(`${AGE} '${id}'`);
    assert.equal(await made.tell("four", 0n), 13n);
    return made;
  }

  /** What that proxy hears of the others. @param by  another process than before */
  async tell(id: string, value: bigint, by = this.all.get(id)): Promise<bigint | undefined> {
    return sumOf((await by?.exchange([{ tenant: this.tenant, name: "hits", value }])) ?? null);
  }

  /** As somebody sees it who has counted nothing. */
  sum = (): Promise<bigint | undefined> => this.tell("four", 0n);

  /** What each has: `* 12, three 1`. */
  rows = (): Promise<string> =>
    this.shared.sql(
      `SELECT string_agg(node || ' ' || value, ', ' ORDER BY node) FROM sluice.shared_counts`,
    );

  async [Symbol.asyncDispose](): Promise<void> {
    await this.shared[Symbol.asyncDispose]();
  }
}

export function itIsMerged(stand: () => Promise<SharedStand>): void {
  itIsOneRow(stand);
  itIsTakenApart(stand);
}

function itIsOneRow(stand: () => Promise<SharedStand>): void {
  it("are one row for all that are gone for long, however often that is looked for", async () => {
    await using gone = await Gone.open(stand);
    assert.equal(await gone.rows(), "* 12, three 1");
    await gone.tell("five", 0n, gone.shared.counts("five"));
    assert.deepEqual([await gone.rows(), await gone.sum()], ["* 12, three 1", 13n]);
    // who has told nothing leaves nothing, and who still reports is not gone
    assert.equal(await gone.shared.rows("counting"), 5);
    await gone.shared.sql(`${AGE} 'five'`);
    await gone.shared.sql(`${AGE} 'three'`);
    await gone.shared.sql(
      `INSERT INTO sluice.nodes VALUES ('three', '', '', '', 0, 0, '', '{}', false,
        now(), now(), now() + interval '1 minute', '')`,
    );
    await gone.tell("six", 0n, gone.shared.counts("six"));
    assert.equal(await gone.rows(), "* 12, three 1");
    assert.equal(await gone.shared.rows("counting"), 5);
  });

  it("leave a sum as it was set, and nothing of a tenant that has ended", async () => {
    await using gone = await Gone.open(stand);
    const { shared, tenant } = gone;
    await shared.store.changeShared(audit("counter.put"), () =>
      putSharedCount({ tenant, name: "hits", value: 100n }),
    );
    await gone.tell("one", 6n, shared.counts("one"));
    assert.equal(await gone.sum(), 101n);
    await remove(shared.store);
    await gone.tell("two", 8n, shared.counts("two"));
    assert.equal(await shared.rows("shared_counts"), 0);
  });
}

function itIsTakenApart(stand: () => Promise<SharedStand>): void {
  it("have their own again when they come back, with what they counted meanwhile", async () => {
    await using gone = await Gone.open(stand);
    // a process that was started again, which had counted on while it was cut off
    assert.equal(await gone.tell("one", 9n, gone.shared.counts("one")), 8n);
    assert.deepEqual([await gone.rows(), await gone.sum()], ["* 7, one 9, three 1", 17n]);
    // one that ran all the time, and was cut off: what it hears has nothing of its own in it
    assert.equal(await gone.tell("two", 8n), 10n);
    assert.deepEqual([await gone.rows(), await gone.sum()], ["* 0, one 9, three 1, two 8", 18n]);
    // gone once more
    for (const id of ["one", "two"]) await gone.shared.sql(`${AGE} '${id}'`);
    await gone.tell("five", 0n, gone.shared.counts("five"));
    assert.deepEqual([await gone.rows(), await gone.sum()], ["* 17, three 1", 18n]);
  });

  it("have it once when they come back with a release that knows nothing of this", async () => {
    await using gone = await Gone.open(stand);
    const told = `VALUES ('${gone.tenant}', 'hits', 'one', 9, 1001)`;
    await gone.shared.sql(`INSERT INTO sluice.shared_counts ${told}`);
    // whoever looks next
    await gone.tell("five", 0n, gone.shared.counts("five"));
    assert.deepEqual([await gone.rows(), await gone.sum()], ["* 7, one 9, three 1", 17n]);
  });

  it("are told what they had, when nothing of it is left on their disk", async () => {
    await using gone = await Gone.open(stand);
    const own = await gone.shared.counts("one").own();
    assert.deepEqual(own, [{ tenant: gone.tenant, name: "hits", value: 5n }]);
    assert.equal(await gone.sum(), 13n);
  });

  it("count once when they tell at the very moment at which they are merged", async () => {
    await using gone = await Gone.open(stand);
    const { shared } = gone;
    await shared.sql(`${AGE} 'three'`);
    const merging = await shared.pool.connect();
    try {
      await merging.query("BEGIN");
      await mergeOne(merging, "three");
      const told = gone.tell("three", 4n);
      // it waits for the one who merges: nothing else of it is locked
      const waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted";
      while ((await shared.sql(waiting)) === "0");
      await merging.query("COMMIT");
      assert.equal(await told, 12n);
    } finally {
      merging.release();
    }
    assert.deepEqual([await gone.rows(), await gone.sum()], ["* 12, three 4", 16n]);
  });
}
