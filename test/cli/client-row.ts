// A command line, what the admin API is asked by it and answers, and what is printed then.

import assert from "node:assert/strict";
import { test } from "node:test";
import { type Answers, FakeAdmin } from "./fake-admin.ts";

export interface Row {
  readonly line: string;
  readonly answers: Answers;
  /** Body of the last call. */
  readonly sends?: unknown;
  readonly prints: string;
  readonly input?: string;
}

/** A test for each. */
export function tryRows(rows: readonly Row[]): void {
  for (const { line, answers, sends, prints, input } of rows) {
    test(`\`sluice ${line}\` asks for that, and prints what came of it`, async () => {
      await using admin = await FakeAdmin.start(answers);
      const { status, stdout, stderr } = await admin.sluice(line.split(" "), input);
      assert.deepEqual({ status, stdout }, { status: 0, stdout: prints }, stderr);
      assert.deepEqual(
        admin.asked.map(({ call }) => call),
        Object.keys(answers),
      );
      assert.equal(admin.asked.at(-1)?.authorization, "Bearer secret-token");
      if (sends !== undefined) assert.deepEqual(admin.asked.at(-1)?.body, sends);
    });
  }
}
