// What the dashboard's pages know of the admin API's answers is what openapi.json says. They may
// know less: neither a new member nor a new word in one has to be theirs.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { answerTypes, openApi } from "../../.ci/dashboard-types.ts";

const FILE = new URL("../../dashboard/base/answers.ts", import.meta.url);

/** Without comments, and whatever way it is laid out. */
const membersOf = (text: string): string[] =>
  text
    .replaceAll(/\/\*\*.*?\*\/|\/\/.*$/gm, "")
    .replaceAll(/[\s|()]/g, "")
    .replaceAll(/(?:"[^"]*")+/g, "words")
    .split(/[;{}]/);

test("dashboard/base/answers.ts says what openapi.json does (if not: npm run schema)", async () => {
  const told = membersOf(answerTypes(await openApi()));
  let at = 0;
  for (const known of membersOf(readFileSync(FILE, "utf8"))) {
    const found = told.indexOf(known, at);
    assert.notEqual(found, -1, `the API has no ${known}`);
    at = found + 1;
  }
  assert.ok(at > 50);
});
