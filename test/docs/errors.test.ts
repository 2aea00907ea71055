// docs/errors.md and the table of errors say the same, both ways.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { ERRORS } from "../../src/base/errors.ts";

const TEXT = readFileSync(new URL("../../docs/errors.md", import.meta.url), "utf8");

interface Section {
  readonly code: string;
  /** The line of facts below the heading. */
  readonly facts: string;
  readonly rest: string;
}

const sections: readonly Section[] = TEXT.split(/^### /m)
  .slice(1)
  .map((section) => {
    const [code = "", , facts = "", ...rest] = section.split("\n");
    return { code, facts, rest: rest.join("\n").trim() };
  });

describe("docs/errors.md", () => {
  it("has one section for each code, and none for others", () => {
    const codes = sections.map(({ code }) => code);
    assert.deepEqual(codes.toSorted(), Object.keys(ERRORS).toSorted());
  });

  it("says of each code what the table says", () => {
    const expected = Object.entries(ERRORS).map(([code, { blame, status, retry, sentence }]) => {
      const answered = status === 0 ? "none" : status;
      return [code, `Blame ${blame}, status ${answered}, retry ${retry}. *${sentence}*`];
    });
    const found = sections.map(({ code, facts }) => [code, facts]);
    assert.deepEqual(Object.fromEntries(found), Object.fromEntries(expected));
  });

  it("says of each what happened", () => {
    for (const { code, rest } of sections) assert.ok(rest.length > 20, code);
  });
});
