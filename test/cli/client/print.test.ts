// Tables of commands: whole for programs, fitted for a terminal.

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { tableLines } from "../../../src/cli/client/print.ts";
import { fc } from "../../support/property.ts";

const ROWS = [
  ["TIME", "WHO", "WHAT"],
  [
    "2026-01-02 03:04:05",
    "token:1",
    "deployed version 7 of the tenant, for the checkout of winter",
  ],
];

describe("a table", () => {
  it("is as wide as it must be where there is no terminal", () => {
    assert.deepEqual(tableLines(ROWS), [
      "TIME                 WHO      WHAT",
      "2026-01-02 03:04:05  token:1  deployed version 7 of the tenant, for the checkout of winter",
    ]);
  });

  it("gives up the end of its widest column at a terminal", () => {
    assert.deepEqual(tableLines(ROWS, 60), [
      "TIME                 WHO      WHAT",
      "2026-01-02 03:04:05  token:1  deployed version 7 of the ten…",
    ]);
  });

  it("never wraps at a terminal that has room for eight characters a column", () => {
    const cell = fc.string({ maxLength: 90 });
    const table = fc.array(fc.tuple(cell, cell, cell, cell), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(table, fc.integer({ min: 38, max: 200 }), (rows, columns) => {
        for (const line of tableLines(rows, columns)) assert.ok(line.length <= columns, line);
      }),
    );
  });
});
